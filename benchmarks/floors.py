"""Two services that do less, for comparison under the same load: `python -m benchmarks.floors KIND PORT FOLDER`.

`bare`: FastAPI takes the body, reads it as JSON, answers JSON. `durable`: the same, and the body is a committed row
before the answer, through our own group-commit writer. What Miaopi costs above them is what deciding costs.
"""

import hashlib
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Column, Connection, LargeBinary, MetaData, String, Table, insert

from audit.checkpoint import Checkpoint
from casework.database import open_engine
from casework.ports import new_id
from casework.writer import Writer

KINDS = ("bare", "durable")
_metadata = MetaData()
_accepted = Table(
    "accepted",
    _metadata,
    Column("id", String(36), primary_key=True),
    Column("key", String(255), unique=True, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
)
_INSERT = insert(_accepted)


def _nothing_to_publish(_: bytes) -> Checkpoint:
    raise AssertionError("this store has no log; nothing is ever sealed")


def bare() -> FastAPI:
    """Return a service that reads JSON and answers JSON."""
    app = FastAPI()

    @app.get("/readyz")
    async def ready() -> dict[str, bool]:
        return {"ready": True}

    @app.post("/v1/applications", status_code=201)
    async def submit(document: dict[str, Any]) -> dict[str, Any]:
        return {"outcome": "approved", "members": len(document)}

    return app


def durable(folder: Path) -> FastAPI:
    """Return a service that answers when the body is a committed row."""
    engine = open_engine(folder / "accepted.sqlite")
    with engine.begin() as connection:
        _metadata.create_all(connection)
    writer = Writer(engine, lambda _: None, _nothing_to_publish)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        writer.close()

    app = FastAPI(lifespan=lifespan)

    @app.get("/readyz")
    async def ready() -> dict[str, bool]:
        return {"ready": True}

    @app.post("/v1/applications", status_code=201)
    async def submit(request: Request) -> Response:
        body = await request.body()
        document = json.loads(body)
        row = {
            "id": new_id(),
            "key": request.headers["Idempotency-Key"],
            "fingerprint": hashlib.sha256(body).hexdigest(),
            "body": body,
        }

        def work(connection: Connection) -> None:
            connection.execute(_INSERT, row)

        await writer.write(work)
        return JSONResponse({"outcome": "approved", "members": len(document), "id": row["id"]}, 201)

    return app


def main() -> None:
    """Serve one of the two until told to stop."""
    kind, port, folder = sys.argv[1:4]
    app = bare() if kind == "bare" else durable(Path(folder))
    uvicorn.run(
        app, host="127.0.0.1", port=int(port), loop="uvloop", http="httptools", access_log=False, log_level="warning"
    )


if __name__ == "__main__":
    main()
