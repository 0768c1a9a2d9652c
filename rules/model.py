"""The nouns of a rule book: text, legal basis, item, rule, parameter, rule set.

All are frozen. A rule set is what one decision runs on: one item, one day, and every rule and parameter in force on it.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, field_validator, model_validator

EntityKind = Literal["individual", "sole_proprietorship", "llc"]
Effect = Literal["fix", "refer", "bar", "route", "inform"]
ENTITY_KINDS: tuple[EntityKind, ...] = ("individual", "sole_proprietorship", "llc")


class Frozen(BaseModel):
    """A value that is read once and never changed; unknown keys are errors, so a misspelt key cannot pass."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(Frozen):
    """The same sentence in Chinese and English."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def in_language(self, language: str) -> str:
        """Return the English text for tags that begin with `en`, the Chinese one for all others."""
        return self.en if language.lower().startswith("en") else self.zh


class LegalBasis(Frozen):
    """One article of one edition of a law, as a build step can look it up.

    `article` is left out only where the text could not be read: the act is then cited as a whole, and `note` says so.
    """

    law: str = Field(min_length=1)
    version: str = ""
    article: str | None = Field(default=None, pattern=r"^[0-9]+(-[0-9]+)?$")
    paragraph: int | None = None
    item: int | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _says_why_whole(self) -> Self:
        if self.article is None and self.note is None:
            message = f"《{self.law}》 is cited without an article; name it, or say in `note` why it is not known"
            raise ValueError(message)
        return self

    @model_validator(mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        """YAML reads `article: 47` as a number and `version: 2023-12-29` as a date; both are names here."""
        if isinstance(value, dict):
            return {key: str(item) if key in {"version", "article"} else item for key, item in value.items()}
        return value


class Period(Frozen):
    """Days in force: `from` is the first day, `to` the last; no `to` means until further notice."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
    from_: date = Field(alias="from")
    to: date | None = None

    def holds_on(self, day: date) -> bool:
        """Tell whether `day` lies in the period, both ends included."""
        return self.from_ <= day and (self.to is None or day <= self.to)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to is not None and self.to < self.from_:
            message = f"the period ends ({self.to}) before it begins ({self.from_})"
            raise ValueError(message)
        return self


class Rule(Frozen):
    """One condition of the law, as its author wrote it; expressions are FEEL source text."""

    id: str = Field(pattern=r"^[A-Z]{1,3}[0-9]{2}[a-z]?$")
    title: Text
    basis: tuple[LegalBasis, ...] = Field(min_length=1)
    in_force: Period
    last_checked_on: date
    entities: tuple[EntityKind, ...] = ENTITY_KINDS
    applies_when: str = "true"
    holds_when: str
    on_violation: Effect
    at: str
    notice: Text
    remedy: Text


class ParameterValue(Frozen):
    """What a parameter is worth in one period, and on whose word."""

    in_force: Period
    value: bool | int | str | tuple[str, ...]
    basis: tuple[LegalBasis, ...] = ()
    source: str | None = None

    @field_validator("value", mode="before")
    @classmethod
    def _day_as_text(cls, value: Any) -> Any:
        """YAML reads 2026-05-01 as a day; the type of the parameter says what it is."""
        return value.isoformat() if isinstance(value, date) else value

    @model_validator(mode="after")
    def _has_source(self) -> Self:
        if not self.basis and not self.source:
            message = "a parameter value needs a basis or a source"
            raise ValueError(message)
        return self


class Parameter(Frozen):
    """A dated threshold, limit or list: never a number inside an expression."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: Literal["number", "string", "boolean", "date", "duration", "list<string>"]
    title: Text
    values: tuple[ParameterValue, ...] = Field(min_length=1)


class Material(Frozen):
    """One material of an item: who supplies it, and whether the applicant is ever asked for it."""

    name: Text
    source: Literal["applicant", "generated", "shared_data"]
    copies: int = Field(ge=0)
    may_follow: bool = False
    basis: tuple[LegalBasis, ...] = ()


class TimeLimit(Frozen):
    """A limit in working days, or on the spot when `working_days` is 0."""

    working_days: int = Field(ge=0)
    note: Text
    basis: tuple[LegalBasis, ...] = ()


class Remedy(Frozen):
    """A way to have a refusal reviewed (行政复议, 行政诉讼), with its address and its limit."""

    kind: Literal["reconsideration", "litigation"]
    body: Text
    within: Text
    channel: str
    basis: tuple[LegalBasis, ...] = Field(min_length=1)


class Organ(Frozen):
    """The organ that holds the power to register, with its code and its division (GB/T 2260)."""

    name: Text
    uscc: str
    division: str = Field(pattern=r"^[0-9]{6}$")
    place: Text
    hours: Text
    phone: str


class Item(Frozen):
    """One published item of the catalogue, with every element the public is owed (优化营商环境条例 40)."""

    code: str = Field(pattern=r"^[0-9A-Z-]{4,40}$")
    national_code: str | None = None
    name: Text
    entity: EntityKind
    in_force: Period
    published_on: date
    document_number: str
    organ: Organ
    exercised_at: Text
    item_class: Literal["on_the_spot", "promised"]
    item_type: Text
    applicants: Text
    basis: tuple[LegalBasis, ...] = Field(min_length=1)
    supervision_basis: tuple[LegalBasis, ...] = Field(min_length=1)
    conditions: tuple[Text, ...] = Field(min_length=1)
    materials: tuple[Material, ...] = Field(min_length=1)
    procedure: tuple[Text, ...] = Field(min_length=1)
    statutory_limit: TimeLimit
    promised_limit: TimeLimit
    fee_fen: int = Field(ge=0)
    fee_basis: tuple[LegalBasis, ...] = Field(min_length=1)
    result: Text
    result_valid: Text
    quantity_limit: Text
    annual_report: Text
    intermediary_services: Text
    visits: int = Field(ge=0)
    online_depth: Text
    decided_by: tuple[str, ...]
    refused_by: tuple[str, ...]
    remedies: tuple[Remedy, ...] = Field(min_length=1)
    complaint_phone: str
    form: str


class ScopeEntry(Frozen):
    """One standard expression of the catalogue of business scopes, with the marks that rules look at."""

    code: str = Field(min_length=1)
    text: Text
    kind: Literal["general", "licensed"]
    industry_code: str = Field(pattern=r"^[A-Z][0-9]{2,4}$")
    pre_approval: StrictBool
    post_permit: StrictBool
    legal_person_only: StrictBool
    prohibited: StrictBool
    special_consultation: StrictBool
    online: StrictBool
    minimum_capital_fen: StrictInt | None
    basis: tuple[LegalBasis, ...] = ()
    note: str | None = None


class RuleSetIdentity(Frozen):
    """What a record needs to name the rule set it ran on."""

    item: str
    day: date
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")


JsonSchema = Mapping[str, Any]
