"""What all groups of settings have in common: each field is a variable, and what is wrong is one sentence."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from hubspot_assets.settings.as_meant import as_meant, half_quoted
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.places import Given

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


class SettingsModel(BaseModel):
    """Settings by the variables of one prefix.

    Attributes:
        prefix: What the names of the variables begin with.
        expected: What to give, by field, where Pydantic's own words would not tell.
        exact: Fields in which quotation marks may be meant; their own validators tell.
        derived: Fields that are no variables.
    """

    prefix: ClassVar[str]
    expected: ClassVar[Mapping[str, str]] = {}
    exact: ClassVar[frozenset[str]] = frozenset()
    derived: ClassVar[frozenset[str]] = frozenset()

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    @classmethod
    def variables(cls) -> Mapping[str, str]:
        """Return the name of each field's variable, by field."""
        fields = [name for name in cls.model_fields if name not in cls.derived]
        return {name: cls.prefix + (cls.model_fields[name].alias or name).upper() for name in fields}

    @classmethod
    def read(cls, given: Mapping[str, Given]) -> Self:
        """Validate the variables of this group.

        Raises:
            SettingsError: Settings are missing, contradict each other or are invalid. The message names each one, and
                shows no secret.
        """
        values = {field: given[name].text for field, name in cls.variables().items() if name in given}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            # The input itself is left out of the message and of the chain: it may be a secret.
            raise SettingsError(" ".join(cls._sentences(error.errors(include_input=False)))) from None

    @field_validator("*", mode="before")
    @classmethod
    def _as_meant(cls, value: object, info: ValidationInfo) -> object:
        if not isinstance(value, str) or info.field_name in cls.exact:
            return value
        text = as_meant(value)
        if half_quoted(text):
            raise ValueError("it begins or ends with a quotation mark that lacks its counterpart; remove it")
        return text

    @classmethod
    def _sentences(cls, errors: "list[ErrorDetails]") -> list[str]:
        missing = [cls._variable(each) for each in errors if each["type"] == "missing"]
        sentences = [cls._needs(missing)] if missing else []
        for each in errors:
            message = each["msg"].removeprefix("Value error, ")
            if not each["loc"]:
                sentences.append(f"The settings contradict each other: {message}.")
            elif each["type"] != "missing":
                sentences.append(f"{cls._variable(each)} is invalid: {cls.expected.get(cls._field(each), message)}.")
        return sentences

    @classmethod
    def _needs(cls, missing: list[str]) -> str:
        return f"{', '.join(missing)} must be set."

    @classmethod
    def _field(cls, error: "ErrorDetails") -> str:
        """The field of an error, which Pydantic names by its alias."""
        named = str(error["loc"][0])
        return next((name for name, field in cls.model_fields.items() if field.alias == named), named)

    @classmethod
    def _variable(cls, error: "ErrorDetails") -> str:
        return cls.variables().get(cls._field(error), str(error["loc"][0]))
