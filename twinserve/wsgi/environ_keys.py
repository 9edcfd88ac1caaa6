"""Keys of the WSGI environ by which our own server, a door and the answers share what they know of a request.

Under any other server only `INPUT` and `PARAMETERS` are there, which the door sets itself.
"""

from __future__ import annotations

from typing import Final

BODY: Final = "twinserve.body"
"""The complete body as bytes, or a `BodyPlaceholder` as long as it has not arrived; absent if the request streams."""
INPUT: Final = "twinserve.input"
"""The body as the door's framework gives it, a stream that ends where it does; absent without the framework."""
EXCHANGE: Final = "twinserve.exchange"
"""The exchange of a request on its way between two calls of the app. It does not stay: it knows the environ, by the
headers, and in a cycle both would be kept, with the body, until the garbage collector comes."""
VERSION: Final = "twinserve.version"
"""The version of the model that can answer the request inline; absent if the server has not asked for one."""
CAN_STREAM: Final = "twinserve.can_stream"
"""True if the app is called in a thread, where it may wait for the client; False if it must not wait."""
PLACE: Final = "twinserve.place"
"""The `KeptPlace` of a request whose body arrives after its head; absent if both arrived together."""
PARAMETERS: Final = "twinserve.parameters"
"""The values of the path's parameters, by name, as the door's framework found them; absent if none was asked."""
