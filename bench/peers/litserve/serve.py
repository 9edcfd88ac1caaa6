"""Runs in LitServe's environment: PIPELINE PORT (matrix | rows) MAX_BATCH_SIZE, as its documentation has it."""

from __future__ import annotations

import sys

import joblib
import litserve as ls
import numpy as np
import pandas as pd

# No annotations on requests and replies: LitServe would make request models of them.
BATCH_TIMEOUT = 0.005


class Matrix(ls.LitAPI):
    """Numbers as a list of rows, or one row where requests are batched."""

    def setup(self, device):  # noqa: ARG002  # LitServe gives it.
        self.model = joblib.load(sys.argv[1])

    def decode_request(self, request):
        return np.asarray(request["input"])

    def predict(self, x):
        return self.model.predict_proba(x)

    def encode_response(self, output):
        return {"output": output.tolist()}


class Rows(Matrix):
    """Named columns as a list of objects, or one object where requests are batched."""

    def decode_request(self, request):
        return request["input"]

    def predict(self, x):
        return self.model.predict_proba(pd.DataFrame(x))


if __name__ == "__main__":
    kind = {"matrix": Matrix, "rows": Rows}[sys.argv[3]]
    size = int(sys.argv[4])
    api = kind(max_batch_size=size, batch_timeout=BATCH_TIMEOUT) if size > 1 else kind()
    server = ls.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", generate_client_file=False, access_log=False
    )
