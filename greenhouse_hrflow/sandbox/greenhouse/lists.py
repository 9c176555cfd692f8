"""The lists of Harvest v3: the fields of a row, and the parameters each list can be filtered by.

Source: the official v3 reference as published in June 2026, and an application's interview stage,
which came later. Every parameter that it documents is here, also where no row of the sandbox can
meet it (it has no offices and no agencies). No row is kept here and no request is answered here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# An application's status as a request (and v1) names it, and as a row of v3 does.
STATUSES = {
    "active": "in_process",
    "rejected": "rejected",
    "hired": "hired",
    "converted": "converted",
}


@dataclass(frozen=True)
class HarvestList:
    """One list: its row's fields, and its own filters by the kind of their value."""

    fields: tuple[str, ...]
    id_lists: tuple[str, ...] = ()
    moments: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    text_lists: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


LISTS: dict[str, HarvestList] = {
    "candidates": HarvestList(
        fields=_words(
            "id first_name last_name preferred_name company title time_zone created_at updated_at"
            " last_activity_at private can_email tags linked_user_ids phone_numbers addresses"
            " email_addresses website_addresses social_media_addresses custom_fields"
        ),
        moments=("last_activity_at",),
        flags=("private",),
        texts=("email", "tag"),
        numbers=("custom_field_option_id",),
    ),
    "applications": HarvestList(
        fields=_words(
            "id candidate_id job_id job_post_id job_interview_stage_id stage_id stage_name"
            " recruiter_id coordinator_id referrer_id source_id agency_note_id status prospect"
            " needs_decision prospective_job_ids created_at updated_at last_activity_at rejected_at"
            " location_address answers custom_fields"
        ),
        id_lists=_words(
            "candidate_ids job_ids prospective_job_ids job_post_ids source_ids referrer_ids"
            " stage_ids job_interview_stage_ids"
        ),
        moments=("last_activity_at",),
        flags=("prospect",),
        texts=("stage_name",),
        numbers=("custom_field_option_id",),
        choices={"status": STATUSES},
    ),
    "attachments": HarvestList(
        fields=_words("id application_id candidate_id filename type url created_at updated_at"),
        id_lists=("application_ids", "candidate_ids"),
        texts=("type",),
    ),
    "candidate_educations": HarvestList(
        fields=_words(
            "id candidate_id school_name_custom_field_option_id degree_custom_field_option_id"
            " discipline_custom_field_option_id start_at end_at start_date_month start_date_year"
            " end_date_month end_date_year latest created_at updated_at"
        ),
        id_lists=("candidate_ids",),
        moments=("start_at", "end_at"),
        flags=("latest",),
    ),
    "candidate_employments": HarvestList(
        fields=_words(
            "id candidate_id company_name title start_date end_date latest created_at updated_at"
        ),
        id_lists=("candidate_ids",),
        flags=("latest",),
    ),
    "candidate_tags": HarvestList(fields=_words("id name created_at updated_at")),
    "applied_candidate_tags": HarvestList(
        fields=_words("id candidate_id candidate_tag_id created_at updated_at"),
        id_lists=("candidate_tag_ids", "candidate_ids"),
    ),
    "custom_fields": HarvestList(
        fields=_words(
            "id name name_key field_type value_type active private required sort_order description"
            " internal_type api_only application_type default_value expose_in_job_board_api"
            " placeholder require_approval template_token_string trigger_new_version updated_by_id"
            " use_for_job_approvals use_for_offer_approvals created_at updated_at"
        ),
        flags=("active",),
        texts=("field_type", "name", "name_key"),
    ),
    "custom_field_options": HarvestList(
        fields=_words(
            "id custom_field_id name external_id active sort_order created_at updated_at"
        ),
        id_lists=("custom_field_ids",),
        flags=("active",),
        texts=("custom_field_key",),
    ),
    "jobs": HarvestList(
        fields=_words(
            "id name requisition_id notes confidential status opened_at closed_at is_template"
            " copied_from_id department_id office_ids custom_fields created_at updated_at"
        ),
        moments=("opened_at", "closed_at"),
        flags=("confidential",),
        texts=("requisition_id",),
        choices={"status": {"open": "open", "draft": "draft", "closed": "closed"}},
        numbers=("department_id", "office_id", "custom_field_option_id"),
    ),
    "sources": HarvestList(fields=_words("id name type created_at updated_at")),
    "users": HarvestList(
        fields=_words(
            "id name first_name last_name primary_email emails employee_id job_title agency_id"
            " department_ids office_ids interviewer_tags linked_candidate_ids custom_fields"
            " deactivated site_admin created_at updated_at"
        ),
        id_lists=_words(
            "linked_candidate_ids department_ids office_ids agency_ids interviewer_tag_ids"
        ),
        flags=("deactivated", "show_service_accounts"),
        texts=("primary_email", "external_office_id", "external_department_id"),
        text_lists=("employee_ids",),
        numbers=("custom_field_option_id",),
    ),
    "prospect_details": HarvestList(
        fields=_words(
            "id application_id pool_id pool_stage_id prospect_owner_id department_id office_id"
            " created_at updated_at"
        ),
        id_lists=_words(
            "application_ids pool_ids pool_stage_ids prospect_owner_ids department_ids office_ids"
        ),
    ),
    "rejection_details": HarvestList(
        fields=_words(
            "id application_id rejection_reason_id rejection_note_id rejected_at rejected_by_id"
            " question_custom_fields created_at updated_at"
        ),
        id_lists=("application_ids", "rejection_reason_ids"),
        numbers=("custom_field_option_id",),
    ),
    # Served, and empty: the sandbox's people have no notes and no history of stages.
    "application_stages": HarvestList(
        fields=_words(
            "id application_id job_interview_stage_id current days_in_stage entered_at exited_at"
            " created_at updated_at"
        ),
        id_lists=("application_ids", "job_interview_stage_ids"),
        flags=("current",),
    ),
    "notes": HarvestList(
        fields=_words(
            "id candidate_id application_id user_id type visibility subject body body_with_tags"
            " email_from email_to email_cc email_attachment_file_names import_hash created_at"
            " updated_at"
        ),
        id_lists=("candidate_ids", "user_ids", "application_ids"),
        texts=("type", "visibility"),
    ),
}
