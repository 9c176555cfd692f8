"""Words from which people are made up: names in several scripts, companies, schools, places.

No person is meant. Addresses end in domains and telephone numbers in ranges kept for examples.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

_SYLLABLES = ("ba", "ce", "di", "fo", "ga", "la", "me", "ni", "ro", "sa", "té", "vö", "ña", "çi")

SCRIPTS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("Zoë", "Åsa", "José", "Łucja", "Chloé"), ("Nuñez", "O'Brién", "Ångström", "Župan", "d'Été")),
    (("Ελένη", "Νίκος", "Μαρία"), ("Παπαδάκης", "Γεωργίου", "Κωστής")),
    (("伟", "さくら", "민준"), ("王", "山田", "김")),
    (("ليلى", "يوسف", "نور"), ("الحداد", "منصور", "بن علي")),
    (("Юлия", "Артём", "Ирина"), ("Кузнецова", "Щербаков", "Ёлкина")),
)
COMPANIES = (
    "Rocket 🚀 Labs",
    "Müller & Söhne GmbH",
    "東京データ株式会社",
    "Bâtiments L'Étoile",
    "Acme, Inc.",
    "Société Générale des Eaux Vives",
    "Blue Box Company",
    'The "Quoted" Agency',
    "Ångström Öl AB",
    "Northern Light Software",
)
TITLES = (
    "Software Engineer",
    "Ingénieure logiciel",
    "Data Scientist",
    "Responsable des ventes (F/H)",
    "Product Manager",
    "Geschäftsführer",
    "Nurse",
    "データエンジニア",
)
SCHOOLS = (
    "University of Michigan - Ann Arbor",
    "École Polytechnique",
    "Universität Zürich",
    "Universidad de A Coruña",
    "東京大学",
    "Open University",
)
DEGREES = ("Bachelor's Degree", "Master's Degree", "Doctorate (Ph.D.)", "High School")
DISCIPLINES = ("Computer Science", "Économie", "Law", "Mechanical Engineering")
SKILLS = ("python", "sql", "négociation", "c++", "communication", "rust", "kubernetes")
TAGS = ("Python", "Ruby", "À rappeler", "VIP ⭐", "remote", "senior")
SOURCES = ("LinkedIn (Prospecting)", "Meetups", "Referral", "Company site")
JOBS = ("DevOps Engineer", "Data Scientist - BK", "Chargé·e de clientèle", "Nurse (night)")
STAGES = ("Application Review", "Phone Interview", "Face to Face", "Offer")
ZONES = ("Eastern Time (US & Canada)", "Paris", "Tokyo", None)


class Place(NamedTuple):
    """An address, with what a geocoder knows of it."""

    text: str
    lat: float
    lng: float
    city: str
    country: str


PLACES = (
    Place("123 City Street\nNew York, NY 10001", 40.7128, -74.006, "new york", "us"),
    Place("5 rue de l'Étoile, 75017 Paris", 48.8738, 2.295, "paris", "fr"),
    Place("Bahnhofstrasse 1, 8001 Zürich", 47.3769, 8.5417, "zürich", "ch"),
    Place("東京都千代田区1-1", 35.6895, 139.6917, "東京", "jp"),
    Place("Rua das Flores 7, 4050-262 Porto", 41.1456, -8.6109, "porto", "pt"),
)


def made_up_name(rng: Random) -> tuple[str, str]:
    """A first and a last name: most of syllables, one in four from a list of some script."""
    if rng.random() < 0.25:
        firsts, lasts = rng.choice(SCRIPTS)
        return rng.choice(firsts), rng.choice(lasts)
    first, last = ("".join(rng.choices(_SYLLABLES, k=rng.randint(2, 3))) for _ in range(2))
    return first.capitalize(), last.capitalize()
