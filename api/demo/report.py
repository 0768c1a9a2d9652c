"""What the demonstration shows: a table for people, the same as data for programs."""

import json
import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from api.console import OUT
from api.demo.one_code import Paper
from api.demo.portal import Told

BIN = os.path.relpath(Path(sys.executable).parent)  # where the commands are, as the reader would type it
FULL_WIDTH = 184  # columns: the longest story stays on one line
_ITEMS = {"00013112800001": "个体工商户", "370784-GRDZ-01": "个人独资企业", "00013112700401": "有限责任公司"}
_COLOURS = {"approved": "green", "fix": "yellow", "referred": "magenta", "routed": "cyan", "refused": "red"}


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was done and found. `scanned`, `replayed` and `verified` are what the public commands said."""

    told: list[Told]
    out: Path
    service: str
    public: str
    exported: dict[str, Any]
    picture: Path | None
    scanned: dict[str, Any] | None
    replayed: dict[str, Any]
    verified: dict[str, Any]
    check_seconds: float
    scans: list[tuple[Paper, dict[str, Any]]]
    kept: bool = False  # the service goes on running

    @property
    def misread(self) -> list[Paper]:
        """Papers of which a scan said something else than was meant."""
        return [paper for paper, check in self.scans if not _as_meant(paper, check["said"])]

    @property
    def unexpected(self) -> list[Told]:
        """Stories that came out differently than meant."""
        return [one for one in self.told if _meant(one) != one.case["outcome"] or not _named(one)]

    @property
    def ok(self) -> bool:
        """Whether every story came out as meant and every check from outside passed."""
        checks = [self.replayed, self.verified, *([self.scanned] if self.scanned else [])]
        return (
            not self.unexpected
            and not self.misread
            and self.picture is not None
            and all(check["exit"] == 0 for check in checks)
        )

    def to_json(self) -> dict[str, Any]:
        """Return the report as data."""
        return {
            "ok": self.ok,
            "outcomes": dict(sorted(Counter(one.case["outcome"] for one in self.told).items())),
            "first_answers": dict(sorted(Counter(one.first_outcome for one in self.told).items())),
            "applications": [
                {
                    "file": one.example.file,
                    "title": one.example.title,
                    "applicant": _applicant(one),
                    "item": one.case["item"],
                    "first_outcome": one.first_outcome,
                    "outcome": one.case["outcome"],
                    "meant": _meant(one),
                    "findings": _findings(one),
                    "milliseconds": one.milliseconds,
                    "licence": one.case.get("licence", {}).get("uscc"),
                }
                for one in self.told
            ],
            "unexpected": [one.example.file for one in self.unexpected],
            "export": self.exported,
            "picture": str(self.picture),
            "papers": [
                {"story": paper.story, "picture": str(paper.picture), "scan": check["said"]}
                for paper, check in self.scans
            ],
            "misread": [str(paper.picture) for paper in self.misread],
            "scan": self.scanned,
            "replay": self.replayed,
            "verify": self.verified,
            "service": self.service,
            "public": self.public,
        }


def _meant(one: Told) -> str:
    """Return the outcome a story is meant to have in the end: an officer's ruling comes after the engine's referral."""
    if one.example.ruling:
        return "approved" if one.example.ruling["verdict"] == "approve" else "refused"
    return one.example.outcome


def _as_meant(paper: Paper, said: dict[str, Any]) -> bool:
    permits = [answer.get("reason") for answer in said.get("permits", ())]
    return (said.get("verdict"), said.get("reason"), permits) == (paper.verdict, paper.reason, paper.permits)


def _named(one: Told) -> bool:
    """Whether every rule that the story is about was found, and the source that was down was waited for."""
    waited = one.first_outcome == "waiting" if one.example.down else True
    return set(one.example.rules) <= set(_findings(one)) and waited


def _findings(one: Told) -> list[str]:
    found = one.case.get("decision", {}).get("findings", ())
    return [finding["rule"] for finding in found if finding["effect"] != "inform"]


def _applicant(one: Told) -> str:
    """Return the business name applied for, or the first person's name where none was chosen."""
    document = json.loads(one.example.body)
    return str(document["entity"].get("name") or document["people"][0]["name"])


def print_report(report: Report) -> None:
    """Print the table and where to look next."""
    console = OUT if OUT.is_terminal else Console(width=FULL_WIDTH)
    headings = ("申请人 applicant", "事项 item", "情形 story", "结果 outcome", "涉及规则 findings", "ms")
    table = Table(*headings, title="秒批 Miaopi")
    for column in table.columns:
        column.no_wrap = console.width >= FULL_WIDTH
    for one in report.told:
        outcome = one.case["outcome"]
        shown = f"[{_COLOURS.get(outcome, 'white')}]{outcome}[/]"
        if one.first_outcome != outcome:
            shown = f"{one.first_outcome} → {shown}"
        mark = "" if one not in report.unexpected else " [red]≠ meant[/]"
        story = f"{one.example.title['zh']} [dim]{one.example.title['en']}[/]"
        findings = " ".join(_findings(one))
        table.add_row(_applicant(one), _ITEMS[one.case["item"]], story, shown + mark, findings, str(one.milliseconds))
    console.print(table)
    counts = Counter(one.case["outcome"] for one in report.told)
    OUT.print("结果 outcomes: " + ", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    _print_papers(report)
    _print_checks(report)
    _print_next(report)


def _print_papers(report: Report) -> None:
    """Tell how one code answers as its permits change."""
    table = Table("照 paper", "扫码结果 scan", "许可 permits", title="扫一码 One code")
    for paper, check in report.scans:
        said = check["said"]
        permits = Counter(answer.get("reason") for answer in said.get("permits", ()))
        told = ", ".join(f"{count} {reason}" for reason, count in permits.items())
        mark = "" if _as_meant(paper, said) else " [red]≠ meant[/]"
        verdict = f"{said.get('verdict', said)}: {said.get('reason', '')}{mark}"
        table.add_row(f"{paper.story['zh']} [dim]{paper.story['en']}[/]", verdict, told)
    (OUT if OUT.is_terminal else Console(width=FULL_WIDTH)).print(table)


def _print_checks(report: Report) -> None:
    said = {"扫描 scan": report.scanned, "重放 replay": report.replayed, "日志 log": report.verified}
    for name, check in said.items():
        if check is not None:
            passed = check["exit"] == 0
            mark = "[green]✓[/]" if passed else "[red]✗[/]"
            OUT.print(f"{mark} {name}: {'passed 通过' if passed else check['said']}", highlight=False)


def _print_next(report: Report) -> None:
    OUT.print(
        f"""
看什么 where to look:
  {report.out}/licences/           执照二维码 licence codes (PNG, SVG, JWS)
  {report.out}/one-code/           一照多证 one paper and its permits: pictures, status list of that moment
  {report.out}/export/             审计导出 the auditors' export ({report.exported["decisions"]} decisions)
自己试试 try by hand:
  {BIN}/miaopi scan {report.picture} --jwks {report.out}/jwks.json --status {report.out}/status-0.jwt
  {BIN}/miaopi-audit replay {report.out}/export
  {BIN}/miaopi-audit verify {report.out}/export
  {_then(report)}""",
        highlight=False,
    )


def _then(report: Report) -> str:
    """Tell how a code is opened: where the service runs now, or how it is left running."""
    if report.kept:
        return f"打开 open {report.service}/v     二维码指向 the codes open {report.public}/v"
    return f"{BIN}/miaopi demo --keep --port 8470     保持运行，二维码可打开 leaves it running, and the codes open"
