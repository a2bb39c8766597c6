#!/usr/bin/env python3
"""Drives the sandbox's registrar with the vendor's own Python SDK, as a second judge beside our tests.

    tests/independent/run SANDBOX_JSON registry-python registry-python-tls

Over TLS, SSL_CERT_FILE names the sandbox's CA. Prints one line a check and leaves with 1 if any failed.
"""

import argparse
import json
import sys
import urllib.request
import uuid

from hexonet.apiconnector.apiclient import APIClient

CONTACT = {
    "FIRSTNAME": "Mona",
    "LASTNAME": "Adel = <Sons>",
    "STREET": "12 Tahrir Street, flat + 3",
    "CITY": "القاهرة",
    "ZIP": "11511",
    "COUNTRY": "EG",
    "PHONE": "+20.1012345678",
    "EMAIL": "mona@example.org",
}
CONTACTS = {f"{kind}CONTACT0{key}": value for kind in ("OWNER", "ADMIN", "TECH", "BILLING") for key, value in CONTACT.items()}


class Judge:
    def __init__(self, options):
        self.options = options
        self.failed = 0
        self.client = self.connect(options.password)

    def connect(self, password):
        client = APIClient()
        # Choosing the test system also resets the address.
        client.useOTESystem().setURL(self.options.url)
        return client.setCredentials(self.options.login, password)

    def check(self, what, got, expected):
        good = got == expected
        self.failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {what}" + ("" if good else f": got {got!r}, expected {expected!r}"))

    def code(self, what, command, expected):
        answer = self.client.request(command)
        self.check(f"{what} -> {answer.getCode()} {answer.getDescription()}", answer.getCode(), expected)
        return answer

    def values(self, answer, column):
        column = answer.getColumn(column)
        return column.getData() if column else None

    def run(self):
        name = f"sdk-{uuid.uuid4().hex[:12]}.com"
        self.sessions()
        balance = self.code("StatusAccount", {"COMMAND": "StatusAccount"}, 200)
        before = float(self.values(balance, "AMOUNT")[0])

        checked = self.code("CheckDomains", {"COMMAND": "CheckDomains", "DOMAIN": [name, f"taken-{name}", "x.nosuchtld", "münchen-sdk.de"]}, 200)
        codes = [text[:3] for text in self.values(checked, "DOMAINCHECK")]
        self.check("CheckDomains: one verdict a name, the umlaut converted", codes, ["210", "211", "549", "210"])

        order = {"COMMAND": "AddDomain", "DOMAIN": name, "PERIOD": 1, "NAMESERVER": ["ns1.example.net", "ns2.example.net", ""], **CONTACTS}
        added = self.code("AddDomain", order, 200)
        self.check("AddDomain: status", self.values(added, "STATUS"), ["ACTIVE"])
        self.code("AddDomain again", order, 554)
        after = float(self.values(self.code("StatusAccount", {"COMMAND": "StatusAccount"}, 200), "AMOUNT")[0])
        self.check("charged once", round(before - after, 2), 10.99)

        status = self.code("StatusDomain", {"COMMAND": "StatusDomain", "DOMAIN": name.upper()}, 200)
        self.check("StatusDomain: nameservers", self.values(status, "NAMESERVER"), ["ns1.example.net", "ns2.example.net"])
        dates = ["CREATEDDATE", "EXPIRATIONDATE", "PAIDUNTILDATE", "ACCOUNTINGDATE", "FINALIZATIONDATE", "FAILUREDATE"]
        self.check("StatusDomain: the date set", [len(self.values(status, date)[0]) for date in dates], [19] * 6)
        handle = self.values(status, "OWNERCONTACT")[0]
        contact = self.code("StatusContact", {"COMMAND": "StatusContact", "CONTACT": handle}, 200)
        self.check("StatusContact: values survive the wire", {key: self.values(contact, key)[0] for key in CONTACT}, CONTACT)

        self.code("ModifyDomain", {"COMMAND": "ModifyDomain", "DOMAIN": name, "NAMESERVER": ["ns3.example.net", "", "bücher.example.net"]}, 200)
        status = self.client.request({"COMMAND": "StatusDomain", "DOMAIN": name})
        self.check("ModifyDomain: list replaced, umlaut host converted", self.values(status, "NAMESERVER"), ["ns3.example.net", "xn--bcher-kva.example.net"])

        for wanted in (name.replace("sdk-", "sdk-b-"), name.replace("sdk-", "sdk-c-")):
            self.code("AddDomain for the list", {**order, "DOMAIN": wanted}, 200)
        query = {"COMMAND": "QueryDomainList", "DOMAIN": "sdk-*" + name[-16:], "LIMIT": 2}
        pages = self.client.requestAllResponsePages(query)
        self.check("QueryDomainList: pages", [page.getRecordsCount() for page in pages], [2, 1])
        self.check("QueryDomainList: total", pages[0].getRecordsTotalCount(), 3)

        idn = self.code("ConvertIDN", {"COMMAND": "ConvertIDN", "DOMAIN": ["straße.de", "straße.com", "مثال.com"]}, 200)
        self.check("ConvertIDN: by the registry's rules", self.values(idn, "ACE"), ["xn--strae-oqa.de", "strasse.com", "xn--mgbh0fb.com"])

        self.renewal(name)
        self.transfer(f"transfer-{uuid.uuid4().hex[:12]}")
        self.long_list()
        self.role_user(name)
        self.lists_of_facts()

        self.code("StatusDomain of a stranger's name", {"COMMAND": "StatusDomain", "DOMAIN": "taken-x.com"}, 531)
        self.code("StatusDomain of nobody's name", {"COMMAND": "StatusDomain", "DOMAIN": "nobody-" + name}, 545)
        self.code("unknown command", {"COMMAND": "MakeCoffee"}, 500)
        self.code("unknown attribute", {"COMMAND": "StatusDomain", "DOMAIN": name, "COLOUR": "red"}, 503)
        return self.failed

    def act(self, act, **fields):
        """Something that others do to the registrar, beside its API."""
        body = json.dumps(fields).encode()
        request = urllib.request.Request(f"{self.options.sandbox_url}/_sandbox/{act}", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def renewal(self, name):
        before = self.values(self.client.request({"COMMAND": "StatusDomain", "DOMAIN": name}), "EXPIRATIONDATE")[0]
        renew = {"COMMAND": "RenewDomain", "DOMAIN": name, "PERIOD": 1, "EXPIRATIONDATE": before}
        renewed = self.code("RenewDomain", renew, 200)
        self.check("RenewDomain: a year more", int(self.values(renewed, "EXPIRATIONDATE")[0][:4]), int(before[:4]) + 1)
        self.code("RenewDomain again", renew, 555)
        self.code("SetDomainRenewalMode", {"COMMAND": "SetDomainRenewalMode", "DOMAIN": name, "RENEWALMODE": "AUTOEXPIRE"}, 200)
        german = {**CONTACTS, "COMMAND": "AddDomain", "DOMAIN": name.replace(".com", ".de"), "NAMESERVER": ["ns1.example.net", "ns2.example.net"]}
        self.code("AddDomain .de", german, 200)
        self.code("RenewDomain without explicit renewal", {"COMMAND": "RenewDomain", "DOMAIN": german["DOMAIN"]}, 510)
        self.code("PayDomainRenewal too early", {"COMMAND": "PayDomainRenewal", "DOMAIN": german["DOMAIN"]}, 548)
        self.code("DENIC_CreateAuthInfo1", {"COMMAND": "DENIC_CreateAuthInfo1", "DOMAIN": german["DOMAIN"]}, 200)

    def transfer(self, label):
        name = f"{label}.com"
        check = {"COMMAND": "CheckDomainTransfer", "DOMAIN": name}
        self.code("CheckDomainTransfer with a wrong code", {**check, "AUTH": "wrong-code"}, 219)
        good = self.code("CheckDomainTransfer", {**check, "AUTH": f"Auth-{label}"}, 218)
        self.check("CheckDomainTransfer: the code is valid", self.values(good, "AUTHISVALID"), ["YES"])
        order = {"COMMAND": "TransferDomain", "DOMAIN": name, "ACTION": "REQUEST"}
        self.code("TransferDomain with a wrong code", {**order, "AUTH": "wrong-code"}, 530)
        asked = self.code("TransferDomain", {**order, "AUTH": f"Auth-{label}"}, 200)
        self.check("TransferDomain: pending", asked.isPending(), True)
        self.code("TransferDomain again", {**order, "AUTH": f"Auth-{label}"}, 536)
        status = self.code("StatusDomainTransfer", {"COMMAND": "StatusDomainTransfer", "DOMAIN": name}, 200)
        self.check("StatusDomainTransfer: state", self.values(status, "TRANSFERSTATUS"), ["PENDING"])
        self.act("approve", domain=name)
        self.code("StatusDomain after the transfer", {"COMMAND": "StatusDomain", "DOMAIN": name}, 200)
        log = self.code("QueryObjectLogList", {"COMMAND": "QueryObjectLogList", "OBJECTCLASS": "DOMAIN", "OBJECTID": name, "ORDERBY": "LOGDATEDESC"}, 200)
        newest = log.getRecord(0).getDataByKey
        self.check("QueryObjectLogList: newest", [newest("OPERATIONTYPE"), newest("OPERATIONSTATUS")], ["INBOUND_TRANSFER", "SUCCESSFUL"])

    def long_list(self):
        self.act("fill", account=self.options.login, domains=250)
        query = {"COMMAND": "QueryDomainList", "VERSION": "2", "WIDE": "1", "DOMAIN": "fill-*", "LIMIT": 100}
        pages = self.client.requestAllResponsePages(query)
        counts = [page.getRecordsCount() for page in pages]
        total = pages[0].getRecordsTotalCount()
        self.check("QueryDomainList: a long list, page by page", (sum(counts), len(counts)), (total, -(-total // 100)))
        names = {record.getDataByKey("DOMAIN") for page in pages for record in page.getRecords()}
        self.check("QueryDomainList: each name once", len(names), total)

    def role_user(self, name):
        self.act("role", account=self.options.login, name="sdk-reader", password="reader-1", acl=["Status*():ALLOW", "DEFAULTPOLICY:DENY"])
        self.client.setRoleCredentials(self.options.login, "sdk-reader", "reader-1")
        self.code("StatusDomain as a role user", {"COMMAND": "StatusDomain", "DOMAIN": name}, 200)
        denied = self.code("ModifyDomain as a role user that may not", {"COMMAND": "ModifyDomain", "DOMAIN": name, "TRANSFERLOCK": "0"}, 530)
        self.check("ModifyDomain as a role user: why", denied.getDescription(), "Authorization failed; Operation forbidden by ACL")
        self.client.setRoleCredentials(self.options.login, "sdk-reader", "wrong")
        self.code("a role user's wrong password", {"COMMAND": "StatusAccount"}, 530)
        self.client.setCredentials(self.options.login, self.options.password)

    def lists_of_facts(self):
        user = self.code("StatusUser", {"COMMAND": "StatusUser"}, 200)
        prices = dict(zip(self.values(user, "RELATIONTYPE"), self.values(user, "RELATIONVALUE")))
        self.check("StatusUser: a price", prices["PRICE_CLASS_DOMAIN_COM_ANNUAL"], "10.99")
        options = self.code("QueryDomainOptions", {"COMMAND": "QueryDomainOptions", "DOMAIN": ["x.com", "x.de"]}, 200)
        self.check("QueryDomainOptions: one value a name", self.values(options, "ZONETRANSFERPERIODS"), ["1Y", "0Y"])
        premium = self.code("CheckDomains for premium names", {"COMMAND": "CheckDomains", "DOMAIN": ["premium-sdk.com"], "PREMIUMCHANNELS": "*"}, 200)
        self.check("CheckDomains: a premium price", self.values(premium, "PREMIUMCHANNEL"), ["REGISTRY"])
        empty = self.code("QueryObjectList, empty", {"COMMAND": "QueryObjectList", "OBJECTCLASS": "DELETEDDOMAIN", "OBJECTID": "nothing-here-*"}, 200)
        self.check("QueryObjectList: no column in an empty list", self.values(empty, "OBJECTID"), None)

    def sessions(self):
        wrong = self.connect("not the password").request({"COMMAND": "StatusAccount"})
        self.check(f"wrong password -> {wrong.getCode()} {wrong.getDescription()}", wrong.getCode(), 530)
        login = self.client.login()
        self.check(f"login -> {login.getCode()}", login.isSuccess(), True)
        self.check("a session is held", bool(self.client.getSession()), True)
        self.code("StatusAccount by session", {"COMMAND": "StatusAccount"}, 200)
        session = self.client.getSession()
        self.check("logout", self.client.logout().isSuccess(), True)
        gone = self.connect("").setSession(session).request({"COMMAND": "StatusAccount"})
        self.check(f"ended session -> {gone.getCode()} {gone.getDescription()}", (gone.getCode(), gone.getDescription()), (530, "SESSION NOT FOUND"))
        self.client.setCredentials(self.options.login, self.options.password)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sandbox", type=argparse.FileType(encoding="utf-8"))
    parser.add_argument("--tls", action="store_true")
    options = parser.parse_args()
    at = json.load(options.sandbox)
    options.url = at["registry_tls" if options.tls else "registry"] + "/api/call.cgi"
    options.sandbox_url = at["registry"]
    options.login, options.password = at["registrar"]["username"], at["registrar"]["password"]
    return 1 if Judge(options).run() else 0


if __name__ == "__main__":
    sys.exit(main())
