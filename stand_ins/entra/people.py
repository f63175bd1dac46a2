"""Whom the stand-in's directory knows: one for each part that people play."""

from dataclasses import dataclass

from stand_ins.entra.tokens import Subject

HR = "5f0f9e8e-6b0e-4f0e-9b39-0f8d4d2a7a11"
IT = "0f8fad5b-d9cb-469f-a165-70867728950e"
AUDIT = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
STAFF = "9b2d3c1e-3f3a-4c2e-8d53-6a2f4b5c7d80"


@dataclass(frozen=True, slots=True)
class Sample:
    """`login` is what the sign-in page calls them by."""

    login: str
    name: str
    part: str
    groups: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Their mail address, which they are also called by."""
        return f"{self.login}@contoso.example"

    @property
    def subject(self) -> Subject:
        return Subject(self.name, groups=self.groups)


PEOPLE = (
    Sample("erika", "Erika Employee", "an employee", (STAFF,)),
    Sample("henry", "Henry Human", "an HR manager", (STAFF, HR)),
    Sample("ingrid", "Ingrid Infra", "an IT operator", (STAFF, IT)),
    Sample("alba", "Alba Audit", "an auditor", (STAFF, AUDIT)),
    Sample("carl", "Carl Customer", "a customer"),
)
