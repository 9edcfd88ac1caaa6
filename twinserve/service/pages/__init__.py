"""HTML pages, the same at every door, which load nothing from other servers."""

from twinserve.service.pages.answers import Make, card, index, live, unavailable
from twinserve.service.pages.frame import shell
from twinserve.service.pages.static_files import assets
from twinserve.service.pages.swagger import docs

__all__ = ["Make", "assets", "card", "docs", "index", "live", "shell", "unavailable"]
