"""The command line: `hubspot-assets demo | sync | check | reset | setup | demo-portal`."""

from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer
from rich.console import Console

from hubspot_assets import __version__
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.warehouse.errors import WarehouseError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
setup = typer.Typer(help="Print what has to be set up once.", no_args_is_help=True)
app.add_typer(setup, name="setup")
console = Console(soft_wrap=True)


def _tell_version(asked: bool) -> None:
    if asked:
        print(f"hubspot-assets {__version__}")
        raise typer.Exit


@app.callback()
def main(
    _: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_tell_version, is_eager=True)
    ] = False,
) -> None:
    """HubSpot CRM data in a warehouse, as Dagster assets."""


@app.command()
def demo(
    once: Annotated[bool, typer.Option(help="Run the main job and exit, without the Dagster UI.")] = False,
    port: Annotated[int, typer.Option(help="Port of the Dagster UI.", min=1, max=65_535)] = 3000,
    destination: Annotated[
        Literal["duckdb", "s3"], typer.Option(help="A DuckDB file, or a lake on an S3 of this machine.")
    ] = "duckdb",
) -> None:
    """Sync a demo portal into a DuckDB file, and open the Dagster UI on it. Needs no HubSpot account."""
    from hubspot_assets.demo.run import run_demo

    raise typer.Exit(run_demo(console, ui_port=None if once else port, destination=destination))


@app.command()
def sync(
    names: Annotated[list[str] | None, typer.Argument(help="Object types, as HUBSPOT_OBJECTS names them.")] = None,
    partition: Annotated[str, typer.Option(help="`latest`, `archived`, or `both`.")] = "latest",
    full: Annotated[bool, typer.Option(help="Read everything, and mark what HubSpot no longer has.")] = False,
) -> None:
    """Bring tables into line with HubSpot once, in this process, and say how it goes."""
    from hubspot_assets.defs.command import sync_once

    try:
        code = sync_once(console, Settings.load(), names or (), partition=partition, full=full)
    except SettingsError as error:
        _fail(str(error))
    raise typer.Exit(code)


@app.command()
def check() -> None:
    """Check everything a sync needs: settings, token, scopes, limits, destination."""
    from hubspot_assets.setup.preflight import prerequisites

    works = True
    try:
        for prerequisite in prerequisites(Settings.load()):
            works = works and prerequisite.works
            mark = (
                "[red]FAIL[/]"
                if not prerequisite.works
                else "[yellow]note[/]"
                if prerequisite.doubtful
                else "[green]ok[/]  "
            )
            console.print(f"{mark} {prerequisite.subject}:", end=" ")
            console.print(prerequisite.detail, markup=False, highlight=False)
    except SettingsError as error:
        _fail(str(error))
    raise typer.Exit(0 if works else 1)


@app.command()
def reset(
    names: Annotated[
        list[str] | None, typer.Argument(help="Assets (`contacts`, `owners`) or tables; none for all tables.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Drop tables, those around them, and what syncs remember of them: the next sync loads them afresh."""
    from hubspot_assets.defs.reset import tables_to_reset
    from hubspot_assets.defs.resources.warehouse import warehouse_of
    from hubspot_assets.hubspot.transport.errors import HubSpotError
    from hubspot_assets.sync.object_types import NamedTwice
    from hubspot_assets.sync.reset import reset
    from hubspot_assets.warehouse.base import WarehouseError

    try:
        settings = Settings.load()
        warehouse = warehouse_of(settings)
        tables = tables_to_reset(settings, warehouse, names or ())
        if not tables:
            console.print(f"There is nothing to drop in {warehouse.describe()}.", markup=False, highlight=False)
            return
        console.print(f"In {warehouse.describe()} these tables will be dropped:", markup=False, highlight=False)
        for name, rows in tables.items():
            console.print(f"  {name} ({rows:,} rows)", markup=False, highlight=False)
        console.print(
            "What HubSpot no longer has cannot be read again: purged records, removed associations, old versions. No "
            "sync may be running."
        )
        if not yes:
            typer.confirm("Drop them?", abort=True)
        reset(warehouse, tables)
    except (SettingsError, WarehouseError, HubSpotError, NamedTwice) as error:
        _fail(str(error))
    console.print("They are gone; the next sync loads them afresh, and views over them answer again then.")


@setup.command("snowflake")
def setup_snowflake(
    database: Annotated[str, typer.Option(envvar="SNOWFLAKE_DATABASE")] = "HUBSPOT",
    schema: Annotated[str, typer.Option(envvar="SNOWFLAKE_SCHEMA")] = "CRM",
    warehouse: Annotated[str, typer.Option(envvar="SNOWFLAKE_WAREHOUSE")] = "HUBSPOT_LOADING",
    role: Annotated[str, typer.Option(envvar="SNOWFLAKE_ROLE")] = "HUBSPOT_LOADER",
    user: Annotated[str, typer.Option(envvar="SNOWFLAKE_USER")] = "HUBSPOT_ASSETS",
    public_key_file: Annotated[Path | None, typer.Option(help="The public key, to be put into the SQL.")] = None,
) -> None:
    """Print the SQL and the commands that prepare a Snowflake account."""
    from hubspot_assets.setup.snowflake import Names, instructions, public_key

    try:
        key = public_key(public_key_file) if public_key_file else None
    except OSError as error:
        _fail(f"--public-key-file {public_key_file} cannot be read: {error.strerror}.")
    except ValueError as error:
        _fail(f"--public-key-file {error}.")
    print(instructions(Names(database, schema, warehouse, role, user), key))


@setup.command("s3")
def setup_s3(
    url: Annotated[str, typer.Option(envvar="S3_URL", help="Bucket and prefix.")] = "s3://<bucket>/hubspot",
    region: Annotated[str, typer.Option(envvar="S3_REGION")] = "us-east-1",
    role: Annotated[str, typer.Option(help="Name of the role that syncs assume.")] = "hubspot-assets",
    principal: Annotated[str, typer.Option(help="ARN of whoever runs the syncs.")] = "arn:aws:iam::<id>:role/<role>",
    external_id: Annotated[str, typer.Option(envvar="S3_EXTERNAL_ID")] = "hubspot-assets",
    kms_key: Annotated[str | None, typer.Option(envvar="S3_KMS_KEY_ID", help="ARN of your own key, if any.")] = None,
    reader: Annotated[bool, typer.Option(help="Print what readers need instead.")] = False,
    tables: Annotated[list[str] | None, typer.Option(help="Tables to open; once for each.")] = None,
) -> None:
    """Print the IAM policies and the commands that prepare a lake on S3, or what its readers need.

    It changes nothing. Where the settings name a lake that has been synced, readers are told of the tables and views
    that it has.
    """
    from hubspot_assets.setup.s3 import Lake, instructions, reader_instructions

    scheme, _, place = url.rstrip("/").partition("://")
    bucket, _, prefix = place.partition("/")
    if scheme != "s3" or not prefix:
        _fail(f"--url {url} is invalid: give bucket and prefix as s3://bucket/prefix.")
    lake = Lake(bucket, prefix, region, role, principal, external_id, kms_key)
    if not reader:
        print(instructions(lake))
        return
    from hubspot_assets.setup.lake_views import tables_and_views

    said = ""
    try:
        there, views = tables_and_views(Settings.load())
        if not tables and not there:
            said = "The settings name no lake with tables (HUBSPOT_DESTINATION=s3), so OBJECTS_CONTACTS is an example."
    except (SettingsError, WarehouseError) as error:
        there, views = [], {}
        said = f"The lake cannot be read from here, so what follows is an example. {error}"
    if said:
        Console(stderr=True, soft_wrap=True).print(said, markup=False, highlight=False)
    print(reader_instructions(lake, tables or there or ["OBJECTS_CONTACTS"], views))


@setup.command("postgres")
def setup_postgres(
    file: Annotated[
        Path | None, typer.Option(help="The instance settings to start from; by default those of this project.")
    ] = None,
) -> None:
    """Print a dagster.yaml whose storage is a Postgres database, for runs on several machines."""
    from hubspot_assets.setup.postgres import own_instance, shared_instance

    try:
        print(shared_instance(file.read_text() if file else own_instance()), end="")
    except OSError as error:
        _fail(f"--file {file} cannot be read: {error.strerror}.")


@app.command("demo-portal")
def demo_portal(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.", min=0, max=65_535)] = 8087,
    seed: Annotated[int, typer.Option(help="The same seed makes the same company.")] = 1,
    scale: Annotated[float, typer.Option(help="How many times the default number of records.", min=0.01)] = 1.0,
    latency: Annotated[float, typer.Option(help="Seconds that every answer takes.", min=0.0)] = 0.0,
    limits: Annotated[bool, typer.Option(help="Keep HubSpot's rate limits.")] = True,
) -> None:
    """Serve a HubSpot account to test your own pipelines, until interrupted."""
    from hubspot_assets.demo_portal.server import serve

    try:
        serve(port=port, seed=seed, scale=scale, latency=latency, limits=limits)
    except OSError as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    Console(stderr=True, soft_wrap=True).print(message, markup=False, highlight=False, style="red")
    raise typer.Exit(1)
