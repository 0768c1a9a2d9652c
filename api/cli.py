"""The command `miaopi`: one line each in `miaopi --help`; every command has `--json`.

A command's module is imported when the command is run, not before: help must not wait for a web server to load.
"""

import sys
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class Entry(NamedTuple):
    """Where a command lives, and its line in the list of commands (a test holds it to the function's docstring)."""

    module: str
    attribute: str
    line: str


COMMANDS = {
    "demo": Entry(
        "api.cli_demo", "demo", "Start sources and service, submit the examples, issue, scan, replay, verify."
    ),
    "serve": Entry("api.cli_serve", "serve", "Run the service (one process, SQLite)."),
    "registries": Entry("api.cli_registries", "registries", "Run the shared data sources of a synthetic county."),
    "decide": Entry(
        "api.cli_decide", "decide_command", "Decide one application from files; nothing is stored or sent."
    ),
    "precheck": Entry("api.cli_decide", "precheck_command", "Ask a running service what it would decide."),
    "rules": Entry(
        "api.cli_rules", "app", "Check, prove, test, compare and release the rules 规则的检查、证明、测试、比较与发布"
    ),
    "scan": Entry("api.cli_scan", "scan", "Verify a licence offline, from its picture or its link."),
    "fetch": Entry(
        "api.cli_fetch",
        "fetch",
        "Fetch keys, status lists and the word on stolen keys, for scanning offline 取得公钥、状态列表与被泄露密钥名单.",
    ),
    "sheet": Entry("api.cli_sheet", "sheet", "Set a licence as a sheet for printing 生成可打印的照面."),
    "export": Entry("api.cli_operate", "export", "Write the log, its proofs and what a replay needs, for auditors."),
    "licence": Entry(
        "api.cli_licence", "app", "Suspend, restore or revoke a licence or a permit 暂停、恢复、撤销证照或许可"
    ),
    "authorities": Entry("api.cli_authorities", "app", "Who may endorse permits 许可机关名单"),
    "token": Entry("api.cli_token", "token", "Mint an access token with the local issuer."),
    "keys": Entry("api.cli_keys", "app", "List, rotate and rescue the keys that sign 签名密钥的查看、轮换与应急"),
    "codes": Entry("api.cli_operate", "codes", "Load an allotment of unified social credit codes into the pool."),
    "openapi": Entry("api.cli_serve", "openapi", "Write the OpenAPI 3.1 description."),
}


class Later(TyperCommand):
    """A command known by name and line only; parsing its arguments fetches the real one."""

    def real(self) -> Any:
        """Import the command and return it as the command-line library wants it."""
        entry = COMMANDS[str(self.name)]
        found = getattr(import_module(entry.module), entry.attribute)
        if not isinstance(found, typer.Typer):
            holder = typer.Typer(add_completion=False, pretty_exceptions_enable=False, context_settings=_HELP)
            holder.command(self.name)(found)
            found = holder
        command = typer.main.get_command(found)
        command.name = self.name
        if "structlog" in sys.modules:  # the command has parts that log
            import_module("api.logs").to_stderr_by_default()
        return command

    def make_context(self, *given: Any, **named: Any) -> Any:
        """Return the context of the real command: what is invoked in the end is what the context belongs to."""
        return self.real().make_context(*given, **named)


class Commands(TyperGroup):
    """The table above as a group."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 (the library's signature)
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 (the library's signature)
        """Return the command of that name, not yet imported, or None."""
        entry = COMMANDS.get(cmd_name)
        return None if entry is None else Later(cmd_name, help=entry.line)


_HELP = {"help_option_names": ["-h", "--help"]}
app = typer.Typer(
    name="miaopi",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings=_HELP,
)


@app.callback()
def miaopi() -> None:
    """Decide business registrations at once by published rules 经营主体登记秒批."""


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
