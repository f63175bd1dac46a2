"""The country of a phone number."""


def country_of_number(number: str) -> str:
    """Return the region, in ISO 3166, of a number's digits with its country code; "" for none."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(f"+{number}")
    except phonenumbers.NumberParseException:
        return ""
    region = phonenumbers.region_code_for_number(parsed)
    found = region or phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return "" if found == "ZZ" else found
