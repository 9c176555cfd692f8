"""What the definitions of one workflow are made from, and how its steps reach its resources."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import dagster as dg

from greenhouse_hrflow.orchestration.keys import Keys
from greenhouse_hrflow.orchestration.resources import GreenhouseResource, HrFlowResource
from greenhouse_hrflow.storage.ledger import Ledger
from greenhouse_hrflow.storage.tables import TableStore
from greenhouse_hrflow.workflow import Cadence, Workflow


@dataclass(frozen=True)
class Pipeline:
    """A workflow, and how it is run here.

    Attributes:
        partitions: of both assets.
        retry_policy: of both steps, for faults that may pass.
    """

    workflow: Workflow
    partitions: dg.TimeWindowPartitionsDefinition
    cadence: Cadence
    retry_policy: dg.RetryPolicy

    @cached_property
    def keys(self) -> Keys:
        """By which names Dagster knows it."""
        return Keys.of(self.workflow)

    def greenhouse(
        self, context: dg.AssetExecutionContext | dg.SensorEvaluationContext
    ) -> GreenhouseResource:
        """The account that candidates are read from."""
        return getattr(context.resources, self.keys.greenhouse)

    def hrflow(self, context: dg.AssetExecutionContext) -> HrFlowResource:
        """The account that profiles are written to."""
        return getattr(context.resources, self.keys.hrflow)

    def open_tables(
        self,
        context: dg.AssetExecutionContext | dg.SensorEvaluationContext | dg.OpExecutionContext,
    ) -> TableStore:
        """Where the tables lie.

        Raises:
            ConfigurationError: the storage cannot be used as it is configured.
        """
        return getattr(context.resources, self.keys.storage).open(context.instance)

    def ledger(self, tables: TableStore) -> Ledger:
        """The workflow's own, in these tables."""
        return Ledger(tables, self.workflow.workflow_id, self.cadence.retries)
