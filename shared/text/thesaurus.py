"""Words that mean nearly the same at work: one group a line.

A group lets a message meet an example it shares no word with. It knows everyday office English
and no organisation's own terms; those belong into a skill's capabilities and examples.
"""

from collections import defaultdict

from shared.text.words import stem

_GROUPS = """
vacation holiday leave pto absence
sick ill illness doctor medical
salary pay payroll payslip paycheck wage bonus raise
benefit perk insurance pension retirement dental wellness
hire hiring onboarding recruit candidate interview probation resign resignation
address relocation moved
password login signin credential mfa 2fa otp pin passcode authenticator locked unlock
computer laptop pc mac macbook desktop notebook monitor keyboard mouse screen headset docking
phone mobile smartphone iphone android tablet
software app application program install update licence license
wifi network internet vpn connection ethernet offline
email mail outlook inbox mailbox
folder drive share sharepoint onedrive file document
printer print scanner toner
crash freeze frozen hang slow error bluescreen reboot restart
phishing spam virus malware hacked suspicious scam security
expense reimburse reimbursement receipt claim
travel trip flight hotel taxi train mileage fare
invoice bill billing payment
vendor supplier procurement purchase po
budget cost price pricing fee rate charge cheap cheaper expensive quote estimate
discount coupon promo voucher rebate deal
refund chargeback
return exchange replace replacement
order package parcel shipment shipping delivery deliver courier tracking
broken damaged defective faulty cracked torn leak leaking
warranty guarantee repair
cancel cancellation abort
reschedule postpone rebook
book booking reserve reservation schedule
room conference boardroom whiteboard projector
appointment meeting call
desk workstation chair furniture
building office floor elevator lift stairs toilet restroom bathroom kitchen
door window gate lock key badge keycard access entrance
parking garage car bike
heat heating cold hot temperature thermostat aircon ventilation
light lamp bulb electricity power outlet socket
clean cleaning cleaner trash garbage waste recycling
catering lunch food coffee snack meal
visitor guest reception
demo trial presentation webinar
product item goods article
subscription plan tier licence seat membership
contract agreement renewal renew
human person agent representative operator colleague
ticket incident issue case problem
training course workshop certificate
policy rule guideline regulation
"""


def _index() -> dict[str, list[int]]:
    index: defaultdict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(_GROUPS.strip().splitlines()):
        for word in line.split():
            index[stem(word)].append(number)
    return dict(index)


SENSES = _index()
"""From a stem to the numbers of the groups it is in."""
