"""`miaopi decide` and `precheck`: decide one application from files, or ask a running service beforehand."""

import asyncio
import json as json_module
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import typer

from api.console import DIFFERENT, OUT, Json, read_day, say_json, stop
from engine.cases import evidence_of, moment
from engine.decide import decide
from engine.errors import IntakeError
from engine.explain import findings_json, notice
from engine.intake import read_application, read_document
from rules.case_files import Answer
from rules.errors import ItemError, RuleBookError
from rules.load import load_rule_book
from rules.yaml_source import read as read_yaml

Language = Annotated[str, typer.Option("--language", help="zh or en")]
ApplicationFile = Annotated[Path, typer.Argument(help="application as JSON 申请表", exists=True, dir_okay=False)]


def decide_command(
    application: ApplicationFile,
    evidence: Annotated[
        Path, typer.Option("--evidence", help="answers: list of {verifier, subject, value} 核验结果", exists=True)
    ],
    at: Annotated[str | None, typer.Option("--at", help="day YYYY-MM-DD or moment 日期")] = None,
    language: Language = "zh",
    *,
    json: Json = False,
) -> None:
    """Decide one application from files, as a rule author would try it: nothing is stored or sent."""
    try:
        moment_ = _moment(at)
        raw = application.read_bytes()
        book = load_rule_book()
        code = str(read_document(raw).get("item"))
        rule_set = book.rule_set(code, moment_.date())
        read = read_application(raw, rule_set.form)
        made = decide(read, evidence_of(read_answers(evidence), moment_), rule_set, moment_)
    except IntakeError as error:
        _refuse_form(error, as_json=json, language=language)
    except (ItemError, RuleBookError, ValueError) as error:
        stop(str(error))
    if json:
        say_json({"outcome": made.outcome, "rule_set": made.rule_set_digest, "at": made.at.isoformat(),
                  "findings": findings_json(made, public=False)})  # fmt: skip
    else:
        OUT.print(f"[bold]{made.outcome}[/]")
        OUT.print(notice(made, rule_set.item.organ).to_text(language), markup=False, highlight=False)


def read_answers(file: Path) -> list[Answer]:
    """Read a list of {verifier, subject, value | failure} from YAML or JSON. Raises `RuleBookError` or `ValueError`."""
    found = read_yaml(file).value
    if isinstance(found, dict) and "evidence" in found:
        found = found["evidence"]  # a base file beside the rules holds application and evidence
    try:
        return [
            Answer(entry["verifier"], entry["subject"], _dated(entry.get("value")), entry.get("failure"))
            for entry in found
        ]
    except (TypeError, KeyError) as error:
        message = f"{file}: want a list of {{verifier, subject, value or failure}}; {type(error).__name__}: {error}"
        raise ValueError(message) from error


def _dated(value: Any) -> Any:
    """Read days that JSON can only write as text."""
    if isinstance(value, dict):
        return {name: _dated(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_dated(item) for item in value]
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return date.fromisoformat(value)
    return value


def _moment(at: str | None) -> datetime:
    if at is None:
        return datetime.now(UTC)
    try:
        parsed = datetime.fromisoformat(at)
    except ValueError:
        return moment(read_day(at, "--at"))
    return moment(parsed.date()) if parsed.tzinfo is None else parsed


def _refuse_form(error: IntakeError, *, as_json: bool, language: str) -> None:
    if as_json:
        say_json({"outcome": None, "errors": [
            {"pointer": found.pointer, "value": found.value, "why": found.why.model_dump(), "mend": found.mend.model_dump()}
            for found in error.problems]})  # fmt: skip
        raise typer.Exit(DIFFERENT)
    for found in error.problems:
        OUT.print(f"{found.pointer or '/'}: {found.why.in_language(language)} {found.mend.in_language(language)}",
                  markup=False, highlight=False)  # fmt: skip
    stop(f"{len(error.problems)} problem(s) with the form 申请表有误", DIFFERENT)


def precheck_command(
    application: ApplicationFile,
    url: Annotated[str, typer.Option("--url", help="running service 服务地址")] = "http://127.0.0.1:8470",
    token: Annotated[
        str, typer.Option("--token", envvar="MIAOPI_TOKEN", help="access token (see `miaopi token`)")
    ] = "",
    language: Language = "zh",
    *,
    json: Json = False,
) -> None:
    """Ask a running service what it would decide; nothing is submitted."""
    try:
        status, body = asyncio.run(_ask(url, token, application.read_bytes(), language))
    except (aiohttp.ClientError, OSError) as error:
        stop(f"no answer from {url} ({type(error).__name__}); start it with `miaopi serve` or `miaopi demo --keep`")
    if json:
        say_json(body)
    elif status == 200:
        OUT.print(f"[bold]{body['outcome']}[/] {body['notice']['headline']}")
        for entry in body["notice"]["defects"]:
            OUT.print(f"- {entry['at']}: {entry['notice']} {entry['remedy']}", markup=False, highlight=False)
    else:
        OUT.print(f"{body['title']}: {body['detail']}", markup=False)
        for found in body.get("errors", ()):
            OUT.print(f"- {found['pointer']}: {found['why']}", markup=False, highlight=False)
    if status != 200 or body["outcome"] != "approved":
        raise typer.Exit(DIFFERENT)


async def _ask(url: str, token: str, raw: bytes, language: str) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept-Language": language}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/v1/prechecks", data=raw, headers=headers) as reply,
    ):
        return reply.status, json_module.loads(await reply.read())
