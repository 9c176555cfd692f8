"""What the definitions of one workflow are made from, and how its steps reach its resources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import dagster as dg

from greenhouse_hrflow.hrflow.brake import Brake
from greenhouse_hrflow.orchestration.dead_runs import is_dead
from greenhouse_hrflow.orchestration.keys import Keys
from greenhouse_hrflow.orchestration.resources import GreenhouseResource, HrFlowResource
from greenhouse_hrflow.profiles.functions_fingerprint import functions_fingerprint
from greenhouse_hrflow.storage.edit_journal import EditJournal
from greenhouse_hrflow.storage.ledger import Ledger
from greenhouse_hrflow.storage.not_sent import NotSent
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow.workflow import Cadence, Limits, Workflow

StepContext = dg.AssetExecutionContext | dg.OpExecutionContext


@dataclass(frozen=True)
class Pipeline:
    """A workflow, and how it is run here.

    Attributes:
        partitions: of both assets.
        retry_policy: of both steps, for faults that may pass.
        limits: from where on somebody should look.
        group, owners: of the assets, as the UI shows them.
        brake: the most profiles that a run may edit; None for no such limit.
        executor: where the steps of its jobs are carried out.
    """

    workflow: Workflow
    partitions: dg.TimeWindowPartitionsDefinition
    cadence: Cadence
    retry_policy: dg.RetryPolicy
    limits: Limits = field(default_factory=Limits)
    group: str = "greenhouse_hrflow"
    owners: Sequence[str] = ()
    brake: Brake | None = None
    executor: dg.ExecutorDefinition = dg.in_process_executor

    @cached_property
    def keys(self) -> Keys:
        """By which names Dagster knows it."""
        return Keys.of(self.workflow)

    @property
    def without_persist(self) -> Pipeline:
        """The same, but for persist: it writes nothing."""
        return replace(self, workflow=self.workflow.without_persist)

    @cached_property
    def functions(self) -> str:
        """The fingerprint of the workflow's logics, format and fields."""
        workflow = self.workflow
        functions = (*workflow.logics, workflow.format)
        return functions_fingerprint(functions, workflow.push_parameters.fields)

    def greenhouse(
        self, context: dg.AssetExecutionContext | dg.SensorEvaluationContext
    ) -> GreenhouseResource:
        """The account that candidates are read from."""
        return getattr(context.resources, self.keys.greenhouse)

    def hrflow(self, context: StepContext) -> HrFlowResource:
        """The account that profiles are written to."""
        return getattr(context.resources, self.keys.hrflow)

    def open_tables(self, context: StepContext | dg.SensorEvaluationContext) -> TableStore:
        """Where the tables lie.

        Raises:
            ConfigurationError: the storage cannot be used as it is configured.
        """
        is_run = not isinstance(context, dg.SensorEvaluationContext)
        executor = context.job_def.executor_def.name if is_run else None
        return getattr(context.resources, self.keys.storage).open(context.instance, executor)

    def edit_journal(self, context: StepContext, tables: TableStore) -> EditJournal:
        """Where this run writes down its edits, before and after they are made."""
        instance = context.instance

        def is_over(run_id: str) -> bool:
            run = instance.get_run_by_id(run_id)
            return run is None or run.is_finished or is_dead(instance, run)

        return EditJournal(
            tables,
            self.workflow.workflow_id,
            context.run.run_id,
            is_over=is_over,
            log=context.log,
        )

    def not_sent(self, tables: TableStore) -> NotSent:
        """Who is not in HrFlow now, in these tables."""
        return NotSent(tables, self.workflow.workflow_id)

    def ledger(self, tables: TableStore) -> Ledger:
        """The workflow's own, in these tables."""
        return Ledger(tables, self.workflow.workflow_id, self.cadence.retries)
