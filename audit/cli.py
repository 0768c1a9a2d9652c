"""`miaopi-audit`: what an auditor runs over an export folder, on a machine without any network.

Exit codes: 0 all holds, 1 something differs, 2 the command or the export cannot be read. With `--json` the answer is
one JSON object on standard output; progress goes to standard error.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from audit.answers import difference_row, identity_row, index_of, print_json, print_table, progress_bar, touched_row
from audit.authorities import Authorities
from audit.checkpoint import open_checkpoint
from audit.errors import AuditError
from audit.export_reader import Export
from audit.note import NoteKey
from audit.proof import verify_proof
from audit.replay import Difference, replay
from audit.rule_release import Signers
from audit.selection import sample, touched_by_rule, touched_by_source
from audit.verify import verify

EXIT_DIFFERENT = 1
EXIT_UNREADABLE = 2

app = typer.Typer(name="miaopi-audit", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Folder = Annotated[Path, typer.Argument(metavar="EXPORT", help="The export folder (it holds manifest.json).")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON object.")]
LogKey = Annotated[
    str | None, typer.Option("--log-key", help="Your own copy of the log's key (name+id+key), or a file that holds it.")
]


@app.callback()
def about() -> None:
    """Check what Miaopi decided: offline, from an export folder, without trust in whoever made it."""


@app.command("verify")
def verify_export(
    export: Folder,
    *,
    log_key: LogKey = None,
    earlier: Annotated[
        list[Path] | None, typer.Option("--earlier", help="A checkpoint kept from an earlier visit; may be repeated.")
    ] = None,
    signers: Annotated[
        Path | None, typer.Option("--signers", help="Your own copy of the list of who may sign rule releases.")
    ] = None,
    authorities: Annotated[
        Path | None, typer.Option("--authorities", help="Your own copy of the list of who may endorse permits.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Re-derive every tile, bundle and root, and check that the export is complete."""
    opened = _open(export)
    with _readable(), progress_bar("files") as progress:
        notes = [path.read_bytes() for path in earlier or ()]
        listed = _signers(signers)
        found = verify(opened, _key(log_key), notes, progress, listed, _authorities(authorities))
    answer = {
        "verified": not found.faults,
        "origin": opened.checkpoint.origin,
        "size": found.size,
        "root": opened.checkpoint.root.hex(),
        "key": "brought" if log_key else "from the export",
        "counts": found.counts,
        "outcomes": found.outcomes,
        "withheld": list(opened.withheld),
        "remarks": found.remarks,
        "faults": [{"step": one.step, "place": one.place, "message": one.message} for one in found.faults],
    }
    if as_json:
        print_json(answer)
    else:
        for fault in found.faults:
            typer.echo(str(fault))
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(found.counts.items()))
        verdict = "holds" if not found.faults else f"DOES NOT HOLD: {len(found.faults)} faults"
        typer.echo(f"log {opened.checkpoint.origin}, {found.size} leaves ({kinds}): {verdict}")
        for remark in found.remarks:
            typer.echo(f"remark: {remark}")
        if not log_key:
            typer.echo(
                "The log's key was taken from the export itself; bring your own with --log-key to rule out a forgery."
            )
    _exit(different=bool(found.faults))


@app.command("replay")
def replay_export(
    export: Folder,
    *,
    index: Annotated[list[int] | None, typer.Option("--index", help="Only this leaf; may be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """Decide again from the stored inputs alone, and compare each record byte for byte."""
    opened = _open(export)
    differences: dict[int, Difference] = {}
    with _readable():
        if "inputs" in opened.withheld:
            raise AuditError("the private inputs were withheld from this export; decisions cannot be replayed from it")
        keys, rule_sets = opened.source_keys(), opened.rule_sets()
        chosen = [(place, opened.record(place)) for place in index or ()]
        if index is None:
            chosen = [(place, record) for place, record in opened.records() if record.kind == "decision"]
        with progress_bar("decisions") as progress:
            for done, (place, record) in enumerate(chosen, 1):
                if record.kind != "decision":
                    raise AuditError(f"leaf {place} is a record of kind {record.kind}; only decisions are replayed")
                found = replay(opened.inputs(place), record, rule_sets.get(record.content["rule_set"]), keys)
                if found is not None:
                    differences[place] = found
                progress(done, len(chosen))
    if as_json:
        listed = [{"index": place, **difference_row(found)} for place, found in differences.items()]
        print_json({"replayed": len(chosen), "equal": len(chosen) - len(differences), "differences": listed})
    else:
        for place, found in differences.items():
            typer.echo(f"leaf {place}: {found}")
        typer.echo(f"{len(chosen)} decisions replayed, {len(chosen) - len(differences)} equal byte for byte")
    _exit(different=bool(differences))


@app.command("proof")
def proof_of_leaf(
    export: Folder,
    index: Annotated[int, typer.Argument(metavar="INDEX", help="The number of the leaf, from 0.")],
    *,
    log_key: LogKey = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the proof to this .tlog-proof file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show that one leaf is in the log: a proof that anyone checks offline (c2sp.org/tlog-proof)."""
    opened = _open(export)
    with _readable():
        record = opened.record(index)
        proof = opened.proof(index).to_bytes()
        verify_proof(proof, record.leaf, opened.checkpoint.origin, [_key(log_key) or opened.log_key()])
        if out is not None:
            out.write_bytes(proof)
    if as_json:
        print_json({"index": index, "record": record.content, "proof": proof.decode()})
    else:
        typer.echo(proof.decode(), nl=False)


@app.command("sample")
def draw_sample(
    export: Folder,
    *,
    count: Annotated[int, typer.Option("--count", min=1, help="How many decisions to draw.")],
    seed_from: Annotated[
        Path | None,
        typer.Option("--seed-from", help="A checkpoint file made after the decisions; the export's own when absent."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw decisions at random, so that anyone draws the same and the operator could not choose."""
    opened = _open(export)
    with _readable():
        checkpoint = opened.signed_checkpoint()
        if seed_from is not None:
            checkpoint = open_checkpoint(seed_from.read_bytes(), opened.checkpoint.origin, [opened.log_key()])
        records = {place: record for place, record in opened.records() if record.kind == "decision"}
        drawn = sample(records, count, checkpoint)
    rows = [{"index": place, **identity_row(records[place].content)} for place in drawn]
    if as_json:
        print_json(
            {"of": len(records), "seed_size": checkpoint.size, "seed_root": checkpoint.root.hex(), "sample": rows}
        )
    else:
        print_table(rows, f"{len(rows)} of {len(records)} decisions, drawn by the checkpoint of size {checkpoint.size}")


@app.command("touched")
def touched_decisions(
    export: Folder,
    *,
    rule: Annotated[str | None, typer.Option("--rule", help="A rule by its id, e.g. LLC04.")] = None,
    version: Annotated[str | None, typer.Option("--version", help="Only the version in force from this day.")] = None,
    verifier: Annotated[str | None, typer.Option("--verifier", help="Or a source by its key, e.g. court.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the decisions that a rule or a source had a part in: first, last, and how many."""
    if (rule is None) == (verifier is None):
        raise typer.BadParameter("give either --rule ID or --verifier KEY")
    opened = _open(export)
    with _readable():
        records = ((place, record) for place, record in opened.records() if record.kind == "decision")
        found = list(touched_by_rule(records, rule, version) if rule else touched_by_source(records, verifier or ""))
    results = Counter(result for one in found for result in one.results)
    if as_json:
        summary = {
            "count": len(found),
            "first": index_of(found, 0),
            "last": index_of(found, -1),
            "results": dict(results),
        }
        print_json({**summary, "decisions": [touched_row(one) for one in found]})
    else:
        print_table([touched_row(one) for one in found], f"{len(found)} decisions touched by {rule or verifier}")


def main() -> None:
    """Run the command line."""
    app()


def _open(folder: Path) -> Export:
    with _readable():
        return Export(folder)


def _key(text: str | None) -> NoteKey | None:
    if text is None:
        return None
    path = Path(text)
    return NoteKey.from_text(path.read_text("utf-8").strip() if "+" not in text and path.is_file() else text.strip())


def _signers(path: Path | None) -> Signers | None:
    try:
        return None if path is None else Signers.from_file(path)
    except ValueError as error:
        raise AuditError(str(error)) from error


def _authorities(path: Path | None) -> Authorities | None:
    if path is not None and not path.is_file():
        raise AuditError(f"--authorities {path}: there is no such file")
    try:
        return None if path is None else Authorities.from_file(path)
    except ValueError as error:
        raise AuditError(str(error)) from error


@contextmanager
def _readable() -> Iterator[None]:
    """Turn whatever cannot be read into one line and exit code 2."""
    try:
        yield
    except (AuditError, OSError) as error:
        typer.echo(f"miaopi-audit: {error}", err=True)
        raise typer.Exit(EXIT_UNREADABLE) from error


def _exit(*, different: bool) -> None:
    if different:
        raise typer.Exit(EXIT_DIFFERENT)
