"""The facts of the WorkMail API's model as easd keeps them: `python -m tests.spec.workmail_model` writes them anew.

Only facts are taken from botocore's description: names, types, bounds, patterns, which members must be there, and the
errors of each operation. No text of its documentation is copied.
"""

import json
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

FILE = Path(__file__).resolve().parents[2] / "easd" / "service" / "workmail" / "model.json"
_KEPT = ("type", "min", "max", "pattern", "enum", "required", "sensitive")


def facts() -> dict[str, Any]:
    """What the file is to hold."""
    model = Loader().load_service_model("workmail", "service-2", "2017-10-01")
    operations = {
        name: {
            "input": one["input"]["shape"],
            "output": one["output"]["shape"],
            "errors": sorted({error["shape"] for error in one.get("errors", ())}),
        }
        for name, one in sorted(model["operations"].items())
    }
    return {"operations": operations, "shapes": {name: _shape(one) for name, one in sorted(model["shapes"].items())}}


def text() -> str:
    """The file, a line an operation and a shape."""
    parts = []
    for section, values in facts().items():
        lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in values.items())
        parts.append(f' "{section}": {{\n{lines}\n }}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _shape(shape: dict[str, Any]) -> dict[str, Any]:
    made = {name: shape[name] for name in _KEPT if name in shape}
    if "members" in shape:
        made["members"] = {name: one["shape"] for name, one in shape["members"].items()}
    if "member" in shape:
        made["member"] = shape["member"]["shape"]
    return made


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
