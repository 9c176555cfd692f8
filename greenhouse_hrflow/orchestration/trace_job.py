"""The job that shows one candidate's story in Dagster's UI, as `python -m greenhouse_hrflow trace`
shows it in a terminal. It reads tables, and writes nothing.
"""

# Dagster compares the annotation of an op's context with its classes, so it may not be a string.
import dagster as dg
from pydantic import Field

from greenhouse_hrflow.orchestration.pipeline import Pipeline
from greenhouse_hrflow.trace import Trace, nothing_known

_TEXT = (
    "Shows every read, outcome, edit and coming retry of one candidate: give its id in the "
    "launchpad, and look at the metadata `story` of the run's only step."
)


class TraceConfig(dg.Config):
    """The config of one run."""

    candidate_id: int = Field(
        description="The number in the address of the candidate's page in Greenhouse: "
        "https://app.greenhouse.io/people/<number>.",
    )


def build_trace_job(pipeline: Pipeline) -> dg.JobDefinition:
    """The job of one workflow."""
    keys = pipeline.keys

    @dg.op(required_resource_keys={keys.storage}, description=_TEXT)
    def candidate_story(context: dg.OpExecutionContext, config: TraceConfig) -> None:
        tables = pipeline.open_tables(context)
        workflow_id = pipeline.workflow.workflow_id
        trace = Trace.read(tables, workflow_id, config.candidate_id, in_ui=True)
        if not trace.rows:
            raise dg.Failure(
                nothing_known(tables, workflow_id, config.candidate_id), allow_retries=False
            )
        context.log.info(
            "%d events of candidate %d: see the metadata `story` of this step's output",
            len(trace.rows),
            config.candidate_id,
        )
        context.add_output_metadata(
            {
                "story": dg.MarkdownMetadataValue(trace.as_markdown()),
                "candidate": dg.UrlMetadataValue(trace.candidate_link),
                "events": len(trace.rows),
            }
        )

    @dg.job(name=keys.trace_job, description=_TEXT, executor_def=dg.in_process_executor)
    def trace_job() -> None:
        candidate_story()

    return trace_job
