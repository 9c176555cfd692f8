"""The made-up profiles of the sandbox's HrFlow source: richer than Greenhouse, and a little behind.

Most people have one, under a reference as the modes have it. A few have none, a few were archived,
and a few profiles belong to nobody in Greenhouse.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from random import Random

from greenhouse_hrflow.sandbox.greenhouse.tables import Tables
from greenhouse_hrflow.sandbox.hrflow.store import HrFlowStore
from greenhouse_hrflow.sandbox.modes import References
from greenhouse_hrflow.sandbox.moments import hrflow_stamp
from greenhouse_hrflow.sandbox.people.names import DISCIPLINES, PLACES, SKILLS, Place, made_up_name
from greenhouse_hrflow.sandbox.wire import JsonObject


def add_profiles(
    store: HrFlowStore, tables: Tables, seed: int, start: datetime, references: References
) -> None:
    """Fill an empty source; every moment in it lies before ``start`` (aware, UTC)."""
    people = tables.rows["candidates"]
    for position, row in enumerate(people.values()):
        if position % 29 == 7:
            continue
        rng = Random(f"{seed}/profile/{position}")
        profile = _profile(rng, start) | _from_candidate(rng, tables, row)
        profile["reference"] = _reference(row, references)
        if position % 31 == 11:
            profile["archived_at"] = hrflow_stamp(start - timedelta(days=30))
        store.add(profile)
    for position in range(-(-len(people) // 100)):
        rng = Random(f"{seed}/orphan/{position}")
        first, last = made_up_name(rng)
        nobody = {"reference": f"elsewhere-{position}", "info": _info(rng, first, last)}
        store.add(_profile(rng, start) | nobody)


def _reference(row: JsonObject, references: References) -> str:
    if references == "candidate_id":
        return str(row["id"])
    if references == "other":
        return f"ats-{row['id']}"
    emails = row["email_addresses"]
    # Who has none now had one when the profile was created.
    return emails[0]["value"] if emails else f"former.{row['id']}@example.com"


def _profile(rng: Random, start: datetime) -> JsonObject:
    """What HrFlow and its recruiters know by themselves."""
    hobbies = rng.sample(("chess", "escalade", "読書", "running"), 2)
    created = start - timedelta(seconds=rng.randint(20 * 86_400, 700 * 86_400))
    return {
        "created_at": hrflow_stamp(created),
        "updated_at": hrflow_stamp(created + timedelta(days=1)),
        "text": f"Curriculum vitæ\n{', '.join(rng.sample(SKILLS, 3))}\n{' '.join(hobbies)}",
        "text_language": rng.choice(("en", "fr", "de", "ja")),
        "experiences_duration": round(rng.random() * 20, 1),
        "educations_duration": round(rng.random() * 6, 1),
        "skills": _skills(rng, 3),
        "languages": [_named("english", "fluent"), _named("français", None)],
        "certifications": [_named("first aid", "2021")],
        "courses": [_named("statistics", None)],
        "tasks": [_named("on call", None)],
        "interests": [_named(hobby, None) for hobby in hobbies],
        "tags": [_named("recruiter", "to call"), _named("pool", "spring"), _named("pool", "night")],
        "metadatas": [_named("origin", "career fair"), _named("note", None)],
        "labels": [_label(rng, created)],
        "attachments": [_attachment(rng, created)],
    }


def _from_candidate(rng: Random, tables: Tables, row: JsonObject) -> JsonObject:
    """What an older state of the candidate left: some of it is no longer, or not yet, true."""
    first, last = row["first_name"], row["last_name"]
    if first == "Anonymized":
        first, last = made_up_name(rng)
    info = _info(rng, first, last)
    emails, phones = row["email_addresses"], row["phone_numbers"]
    if emails:
        info["email"] = emails[0]["value"]
    if phones:
        info["phone"] = "+1 212 555 0199" if rng.random() < 0.4 else phones[0]["value"]
    employments = tables.children("candidate_employments", row["id"])
    educations = tables.children("candidate_educations", row["id"])
    return {
        "info": info,
        "experiences": [_experience(rng, each) for each in employments[1:] or employments],
        "educations": [_education(rng, tables, each) for each in educations],
    }


def _info(rng: Random, first: str | None, last: str | None) -> JsonObject:
    born = "1996-02-29" if rng.random() < 0.1 else f"{rng.randint(1960, 2003)}-11-07"
    handle = rng.randint(1000, 9999)
    return {
        "first_name": first,
        "last_name": last,
        "full_name": " ".join(part for part in (first, last) if part) or None,
        "email": f"known.to.hrflow.{handle}@example.com",
        "phone": f"01632 96{handle}",
        "date_birth": f"{born}T00:00:00+0000",
        "location": _location(rng.choice(PLACES)),
        "urls": [
            {"type": "from_resume", "url": f"https://example.org/cv/{handle}"},
            {"type": "github", "url": f"https://github.com/known-{handle}"},
        ],
        "picture": f"https://pictures.invalid/{handle}.png",
        "gender": rng.choice(("male", "female", "undefined")),
        "summary": "Ten years of everything. Écrit en français, too.",
        "driving_license": rng.choice(("B", None)),
    }


def _location(place: Place) -> JsonObject:
    fields = {"city": place.city, "country": place.country}
    return {"text": place.text, "lat": place.lat, "lng": place.lng, "fields": fields}


def _experience(rng: Random, employment: JsonObject) -> JsonObject:
    return {
        "company": employment["company_name"],
        "title": employment["title"],
        "date_start": _local(employment["start_date"]),
        "date_end": _local(employment["end_date"]),
        **_knowledge(rng),
    }


def _education(rng: Random, tables: Tables, education: JsonObject) -> JsonObject:
    options = tables.rows["custom_field_options"]
    school = options.get(education["school_name_custom_field_option_id"], {}).get("name")
    degree = options.get(education["degree_custom_field_option_id"], {}).get("name")
    return {
        "school": school,
        "title": degree or rng.choice(DISCIPLINES),
        "date_start": _local(education["start_at"]),
        "date_end": _local(education["end_at"]),
        **_knowledge(rng),
    }


def _knowledge(rng: Random) -> JsonObject:
    """What a parser found in a résumé and Greenhouse never held."""
    return {
        "description": f"Led {rng.randint(2, 30)} people · café, naïveté & co",
        "location": _location(rng.choice(PLACES)),
        "skills": _skills(rng, 2),
        "tasks": [_named("reporting", None)],
        "logo": "https://pictures.invalid/logo.png",
    }


def _local(date: str | None) -> str | None:
    return f"{date[:10]}T00:00:00" if date else None


def _skills(rng: Random, count: int) -> list[JsonObject]:
    return [
        {"name": name, "type": rng.choice(("hard", "soft")), "value": rng.choice(("4/5", None))}
        for name in rng.sample(SKILLS, count)
    ]


def _named(name: str, value: str | None) -> JsonObject:
    return {"name": name, "value": value}


def _label(rng: Random, at: datetime) -> JsonObject:
    stamp = hrflow_stamp(at)
    return {
        "board_key": _digest(rng),
        "job_key": _digest(rng),
        "job_reference": None,
        "stage": rng.choice(("new", "yes", "later")),
        "date_stage": stamp,
        "rating": rng.randint(0, 5),
        "date_rating": stamp,
    }


def _attachment(rng: Random, at: datetime) -> JsonObject:
    stamp = hrflow_stamp(at)
    return {
        "type": "resume",
        "alt": "original",
        "file_size": str(rng.randint(10_000, 900_000)),
        "file_name": "original.pdf",
        "original_file_name": "résumé.pdf",
        "extension": ".pdf",
        "public_url": f"https://files.invalid/{_digest(rng)}/original.pdf",
        "updated_at": stamp,
        "created_at": stamp,
    }


def _digest(rng: Random) -> str:
    return hashlib.sha256(str(rng.random()).encode()).hexdigest()[:40]
