"""Answers too large for memory wait on disk, and leave the destination free for others meanwhile."""

import tempfile
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.ipc


def spooled(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Take in an answer at once, and hand it on in parts.

    Args:
        schema: Columns of the answer.
        batches: The answer as it comes from the destination; none of them is kept in memory.

    Returns:
        The parts, each read from disk when it is asked for; none has no rows.
    """
    file = tempfile.TemporaryFile(prefix="hubspot-assets-")  # noqa: SIM115 - the parts close it
    try:
        with pyarrow.ipc.new_stream(file, schema) as writer:
            for batch in batches:
                if batch.num_rows:
                    writer.write_batch(batch)
        file.seek(0)
    except BaseException:
        file.close()
        raise

    def parts() -> Iterator[pa.Table]:
        with file, pyarrow.ipc.open_stream(file) as reader:
            for batch in reader:
                yield pa.Table.from_batches([batch])

    return parts()
