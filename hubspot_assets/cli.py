"""The command line: `hubspot-assets demo | check | demo-portal`."""

from typing import Annotated, NoReturn

import typer
from rich.console import Console

from hubspot_assets.settings import Settings, SettingsError

app = typer.Typer(
    help="HubSpot CRM data in a warehouse, as Dagster assets.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
console = Console(soft_wrap=True)


@app.command()
def demo(
    once: Annotated[bool, typer.Option(help="Run the main job and exit, without the Dagster UI.")] = False,
    port: Annotated[int, typer.Option(help="Port of the Dagster UI.")] = 3000,
) -> None:
    """Sync a demo portal into a DuckDB file, and open the Dagster UI on it. Needs no HubSpot account."""
    from hubspot_assets.demo import run_demo

    raise typer.Exit(run_demo(console, ui_port=None if once else port))


@app.command()
def check() -> None:
    """Look at everything a sync needs: token, scopes, limits, destination."""
    from hubspot_assets.preflight import findings

    works = True
    try:
        for finding in findings(Settings.load()):
            works = works and finding.works
            mark = "[green]ok[/]  " if finding.works else "[red]FAIL[/]"
            console.print(f"{mark} {finding.subject}:", end=" ")
            console.print(finding.detail, markup=False, highlight=False)
    except SettingsError as error:
        _fail(str(error))
    raise typer.Exit(0 if works else 1)


@app.command("demo-portal")
def demo_portal(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.")] = 8087,
    seed: Annotated[int, typer.Option(help="The same seed makes the same company.")] = 1,
    scale: Annotated[float, typer.Option(help="How many times the default number of records.", min=0.01)] = 1.0,
    latency: Annotated[float, typer.Option(help="Seconds that every answer takes.", min=0.0)] = 0.0,
    limits: Annotated[bool, typer.Option(help="Keep HubSpot's rate limits.")] = True,
) -> None:
    """Serve a HubSpot account for your own tests, until interrupted."""
    from hubspot_assets.demo_portal.server import serve

    try:
        serve(port=port, seed=seed, scale=scale, latency=latency, limits=limits)
    except OSError as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    Console(stderr=True, soft_wrap=True).print(message, markup=False, highlight=False, style="red")
    raise typer.Exit(1)
