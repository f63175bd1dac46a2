"""Charges as a FOCUS 1.4 Cost and Usage file: one row a charge, in the columns of the standard.

What has no price is left out of the money and says so in `x_Unpriced`; a row is the same however
often it is written.
"""

import csv
from collections.abc import Iterable
from datetime import date, timedelta
from typing import TextIO

from shared.operations.reports.allotment import NAME as SHARED_SKILL
from shared.operations.reports.cost import Charge

PROVIDER = "Bot Fabric"
_SERVICES = {
    "functions": ("Azure Functions", "Compute"),
    "cosmos": ("Azure Cosmos DB", "Databases"),
    "tokens": ("Azure OpenAI", "AI and Machine Learning"),
    "speech": ("Azure AI Speech", "AI and Machine Learning"),
    "translator": ("Azure AI Translator", "AI and Machine Learning"),
    "documents": ("Azure AI Document Intelligence", "AI and Machine Learning"),
    "whatsapp": ("WhatsApp Business Platform", "Integration"),
    "servicebus": ("Azure Service Bus", "Integration"),
    "eventgrid": ("Azure Event Grid", "Integration"),
    "logs": ("Azure Monitor", "Management and Governance"),
    "blobs": ("Azure Storage", "Storage"),
}
_OTHER = (PROVIDER, "Other")
"""What costs so much a month whatever is used."""

COLUMNS = (
    *(
        "AllocatedMethodDetails",
        "AllocatedMethodId",
        "AllocatedResourceId",
        "AllocatedResourceName",
    ),
    "AllocatedTags",
    *("BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency"),
    *("BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass"),
    *("ChargeDescription", "ChargePeriodEnd", "ChargePeriodStart", "ConsumedQuantity"),
    *("ConsumedUnit", "ContractedCost", "EffectiveCost", "HostProviderName"),
    *("InvoiceIssuerName", "ListCost", "ListUnitPrice", "PricingCategory", "PricingQuantity"),
    *("PricingUnit", "ServiceCategory", "ServiceName", "ServiceProviderName", "SkuId", "SkuMeter"),
    *("SkuPriceId", "SubAccountId", "SubAccountName", "x_BotId", "x_Channel", "x_CostCenter"),
    *("x_PriceSource", "x_SkillId", "x_Unpriced"),
)


def write_focus(charges: Iterable[Charge], file: TextIO) -> int:
    """Write header and rows as CSV. Return the number of rows."""
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    count = 0
    for charge in charges:
        writer.writerow(_row(charge))
        count += 1
    return count


def _row(charge: Charge) -> dict[str, str]:
    begin = date.fromisoformat(charge.day)
    month = begin.replace(day=1)
    next_month = (month + timedelta(days=32)).replace(day=1)
    first, _, rest = charge.meter.partition(".")
    named = rest if first == "fixed" else first
    service, category = _SERVICES.get(named, _OTHER)
    usd = f"{charge.usd:f}" if charge.usd is not None else "0"
    price = charge.price
    given = charge.skill == SHARED_SKILL and price is not None and price.spread
    return {
        "AllocatedMethodDetails": "",
        "AllocatedMethodId": f"by-{price.spread}" if given and price else "",
        "AllocatedResourceId": charge.bot if given else "",
        "AllocatedResourceName": charge.bot if given else "",
        "AllocatedTags": "",
        "BilledCost": usd,
        "BillingAccountId": "bot-fabric",
        "BillingAccountName": PROVIDER,
        "BillingCurrency": "USD",
        "BillingPeriodEnd": _midnight(next_month),
        "BillingPeriodStart": _midnight(month),
        "ChargeCategory": "Usage",
        "ChargeClass": "",
        "ChargeDescription": f"{charge.meter} of {charge.bot}/{charge.skill} on {charge.channel}",
        "ChargePeriodEnd": _midnight(begin + timedelta(days=1)),
        "ChargePeriodStart": _midnight(begin),
        "ConsumedQuantity": f"{charge.quantity:f}" if price else "",
        "ConsumedUnit": price.pricing_unit if price else "",
        "ContractedCost": usd,
        "EffectiveCost": usd,
        "HostProviderName": service if charge.meter.startswith("whatsapp") else "Microsoft",
        "InvoiceIssuerName": PROVIDER,
        "ListCost": usd,
        "ListUnitPrice": f"{price.per_unit:f}" if price else "",
        "PricingCategory": "Standard" if price else "",
        "PricingQuantity": f"{charge.quantity:f}" if price else "",
        "PricingUnit": price.pricing_unit if price else "",
        "ServiceCategory": category,
        "ServiceName": service,
        "ServiceProviderName": PROVIDER,
        "SkuId": charge.meter if price else "",
        "SkuMeter": charge.meter if price else "",
        "SkuPriceId": f"{charge.meter}@{price.effective_from}" if price else "",
        "SubAccountId": charge.department,
        "SubAccountName": charge.department,
        "x_BotId": charge.bot,
        "x_Channel": charge.channel,
        "x_CostCenter": charge.cost_center,
        "x_PriceSource": price.source if price else "",
        "x_SkillId": charge.skill,
        "x_Unpriced": "" if price else f"{charge.quantity:f}",
    }


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
