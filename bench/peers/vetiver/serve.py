"""Runs in vetiver's environment: PIPELINE FACTS PORT.

A row of the table is the prototype of the input, so no column may hold nulls.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import joblib
import pandas as pd
import uvicorn
from vetiver import VetiverAPI, VetiverModel

if __name__ == "__main__":
    facts = json.loads(Path(sys.argv[2]).read_text())
    table = pd.DataFrame(facts["single"]["table"], columns=facts["columns"])
    model = VetiverModel(joblib.load(sys.argv[1]), "model", prototype_data=table)
    app = VetiverAPI(model, check_prototype=True).app
    uvicorn.run(app, port=int(sys.argv[3]), log_level="warning", access_log=False)
