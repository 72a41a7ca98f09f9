"""The organisations, invented, and who works there."""

from dataclasses import dataclass

from app.simulator.models import Resource, Role

OWNER: Role = "account_owner"
MANAGER: Role = "account_manager"
CREATOR: Role = "campaign_creator"


@dataclass(frozen=True)
class Organisation:
    """One account to be.

    Logins are (login name, person, role), the first is the owner's.
    """

    id: str
    name: str
    domain: str
    logins: tuple[tuple[str, str, Role], ...]
    lists: tuple[str, ...]
    place: tuple[str, str, str, str, str]
    """Street, city, state, postal code, IANA time zone."""
    confirmed_opt_in: bool = False


BRANCHES = (
    "Central",
    "Ashgrove",
    "Birch Hill",
    "Cedar Park",
    "Dunmore",
    "East Quay",
    "Fairview",
    "Glenside",
    "Hillcrest",
    "Ivy Lane",
    "Juniper",
    "Kingsway",
    "Lakeside",
    "Millbrook",
    "Northgate",
    "Oakfield",
    "Parkside",
    "Quarry Road",
    "Riverside",
    "Southport",
    "Thornbury",
    "Upper Mills",
    "Westbourne",
    "Yarrow",
)
TOPICS = ("News", "Children’s Hour", "Author Evenings", "Reading Circle", "Friends")

ORGANISATIONS = (
    Organisation(
        "a07e1mplrye1",
        "Maple & Rye Bakery",
        "mapleandrye.example",
        (
            ("nora@mapleandrye.example", "Nora Lindqvist", OWNER),
            ("tom@mapleandrye.example", "Tom Abara", MANAGER),
            ("intern@mapleandrye.example", "Jules Ferrer", CREATOR),
        ),
        ("Newsletter", "Saturday Specials", "Wholesale Customers", "Baking Classes"),
        ("14 Mill Street", "Portland", "ME", "04101", "America/New_York"),
    ),
    Organisation(
        "a07e1qtyoga2",
        "Quiet Tide Yoga",
        "quiettide.example",
        (("priya@quiettide.example", "Priya Raman", OWNER),),
        ("Studio News", "Morning Classes", "Retreats"),
        ("220 Shore Road", "Santa Cruz", "CA", "95060", "America/Los_Angeles"),
    ),
    Organisation(
        "a07e1hrbmsm3",
        "Harbor Light Museum",
        "harborlight.example",
        (
            ("director@harborlight.example", "Adaeze Whitfield", OWNER),
            ("office@harborlight.example", "Lukas Brandt", MANAGER),
        ),
        ("Members", "Exhibitions", "School Visits", "Volunteers", "Donors"),
        ("1 Lighthouse Point", "Gloucester", "MA", "01930", "America/New_York"),
    ),
    Organisation(
        "a07e1opnhnd4",
        "Open Hands Food Bank",
        "openhands.example",
        (("maria@openhands.example", "María José Ortega", OWNER),),
        ("Supporters", "Volunteers", "Monthly Letter"),
        ("87 Canal Street", "Cleveland", "OH", "44113", "America/New_York"),
        confirmed_opt_in=True,
    ),
    Organisation(
        "a07e1frnlib5",
        "Fernhill Public Library",
        "fernhill-library.example",
        (("librarian@fernhill-library.example", "Ingrid Solberg", OWNER),),
        tuple(f"{branch}: {topic}" for branch in BRANCHES for topic in TOPICS),
        ("300 Fern Avenue", "Fernhill", "WA", "98225", "America/Los_Angeles"),
    ),
    Organisation(
        "a07e1blhern6",
        "Blue Heron Kayaks",
        "blueheron.example",
        (("dale@blueheron.example", "Dale Yazzie", OWNER),),
        ("River Report", "Rentals", "Guided Trips"),
        ("9 Landing Lane", "Asheville", "NC", "28801", "America/New_York"),
    ),
    Organisation(
        "a07e1atlsbt7",
        "Ateliê São Bento",
        "saobento.example",
        (("ana@saobento.example", "Ana Lúcia Ávila", OWNER),),
        ("Oficinas", "Novidades"),
        ("45 Harrison Avenue", "Boston", "MA", "02111", "America/New_York"),
    ),
)


def summary_of(organisation: Organisation) -> Resource:
    """The account summary with all extras."""
    login, person, _ = organisation.logins[0]
    first, _, last = person.partition(" ")
    street, city, state, postal_code, zone = organisation.place
    return {
        "contact_email": login,
        "contact_phone": "+1 555 010 0100",
        "country_code": "us",
        "encoded_account_id": organisation.id,
        "first_name": first,
        "last_name": last,
        "organization_name": organisation.name,
        "organization_phone": "+1 555 010 0100",
        "state_code": state,
        "time_zone_id": zone,
        "website": f"https://www.{organisation.domain}",
        "physical_address": {
            "address_line1": street,
            "city": city,
            "state_code": state,
            "postal_code": postal_code,
            "country_code": "US",
        },
        "company_logo": {"url": f"https://www.{organisation.domain}/logo.png"},
    }
