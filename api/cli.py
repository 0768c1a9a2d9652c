"""The command `miaopi`: one line each in `miaopi --help`; every command has `--json`."""

import typer

from api import cli_decide, cli_demo, cli_operate, cli_rules, cli_scan

app = typer.Typer(
    name="miaopi",
    help="Business registrations decided at once by published rules 经营主体登记秒批",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(cli_demo.demo)
app.command("serve")(cli_operate.serve)
app.command("registries")(cli_operate.registries)
app.command("decide")(cli_decide.decide_command)
app.command("precheck")(cli_decide.precheck_command)
app.add_typer(cli_rules.app, name="rules")
app.command("scan")(cli_scan.scan)
app.command("export")(cli_operate.export)
app.command("token")(cli_operate.token)
app.command("codes")(cli_operate.codes)
app.command("openapi")(cli_operate.openapi)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
