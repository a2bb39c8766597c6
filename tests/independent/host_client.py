#!/usr/bin/env python3
"""Drives the host's API with `whmcs-api-client`, whose models refuse answers of a wrong type.

    tests/independent/run SANDBOX_JSON host-python

The client is under the AGPL: it is installed to judge, and is no part of this project. Where its model refuses
the very answer that WHMCS's documentation prints, this is shown by giving it that answer, and ours is only asked to
have the documented type. Prints one line a check and leaves with 1 if any failed.
"""

import argparse
import hashlib
import json
import sys
import uuid

import pydantic
import whmcs_client
from whmcs_client import models


class Judge:
    def __init__(self, at):
        self.at = at
        self.failed = 0
        self.credentials = (at["inspector"]["identifier"], at["inspector"]["secret"])
        self.api = whmcs_client.DefaultApi(whmcs_client.ApiClient(whmcs_client.Configuration(host=at["host"] + "/includes")))

    def check(self, what, got, expected):
        good = got == expected
        self.failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {what}" + ("" if good else f": got {got!r}, expected {expected!r}"))

    def ask(self, method, *fields, credentials=None, **named):
        """An answer that the client could read into its model; None, and a failed check, otherwise."""
        try:
            return getattr(self.api, method)(*(credentials or self.credentials), *fields, responsetype="json", **named)
        except (pydantic.ValidationError, ValueError, whmcs_client.ApiException) as error:
            self.check(method, f"{type(error).__name__}: {error}", "an answer of the right types")
            return None

    def rows(self, what, model, rows):
        """Every row of a list, by the model that the client has for it."""
        wrong = []
        for row in rows:
            try:
                model.from_dict(row)
            except pydantic.ValidationError as error:
                wrong.append(str(error))
        self.check(f"{what}: {len(rows)} rows by {model.__name__}", (bool(rows), wrong), (True, []))

    def run(self):
        self.log_ins()
        client = self.clients()
        self.shop()
        self.orders(client)
        return self.failed

    def log_ins(self):
        digest = hashlib.md5(self.at["staff"]["password"].encode()).hexdigest()
        answer = self.ask("get_currencies", credentials=(self.at["staff"]["username"], digest))
        self.check("log-in by administrator and MD5", answer and answer.result, "success")
        try:
            self.api.get_currencies("nobody", "nothing", responsetype="json")
            self.check("a stranger", "let in", "ApiException")
        except whmcs_client.ApiException as error:
            body = json.loads(error.body)
            self.check("a stranger is refused", (error.status, body), (403, {"result": "error", "message": "Authentication Failed"}))

    def clients(self):
        email = f"python-{uuid.uuid4().hex}@example.test"
        person = ("Mona", "Adel", email, "12 Tahrir Street", "Cairo", "Cairo", "11511", "EG", "01012345678")
        made = self.ask("add_client", *person, password2="Nile-4711-delta")
        self.check("add_client", made.result, "success")
        again = self.ask("add_client", *person, password2="Nile-4711-delta")
        self.check("add_client: the address is taken", (again.result, bool(again.message)), ("error", True))
        updated = self.ask("update_client", clientid=made.clientid, city="Giza")
        self.check("update_client", updated and updated.clientid, str(made.clientid))
        details = self.ask("get_clients_details", clientid=made.clientid, stats=True)
        self.check("get_clients_details", details.client.email, email)
        listed = self.ask("get_clients", search=email)
        self.check("get_clients", [row.id for row in listed.clients.client], [made.clientid])
        return made.clientid

    def shop(self):
        for method, result in [("get_products", "products"), ("get_currencies", "currencies"), ("get_payment_methods", "paymentmethods")]:
            answer = self.ask(method)
            self.check(method, answer and (answer.result, bool(getattr(answer, result))), ("success", True))
        pricing = self.ask("get_tld_pricing")
        com = pricing.pricing["com"]
        self.check("get_tld_pricing", (sorted(com.register)[0], com.addons.dns, com.addons.idprotect), ("1", True, True))

    def orders(self, client):
        name = f"python-{uuid.uuid4().hex[:8]}"
        order = self.ask(
            "add_order", client, "wharf", pid=[1], billingcycle=["monthly"], domain=[f"{name}.com"], domaintype=["register"], regperiod=[1]
        )
        self.check("add_order", (order.result, len(order.productids or []), len(order.domainids or [])), ("success", 1, 1))
        orders = self.ask("get_orders", userid=client)
        self.typed("get_orders", models.OrderInfo, orders.orders["order"], "ordernum", 7858259149)
        self.rows("get_orders: line items", models.OrderLineItem, orders.orders["order"][0]["lineitems"]["lineitem"])
        invoices = self.ask("get_invoices", userid=client)
        self.rows("get_invoices", models.InvoiceInfo, invoices.to_dict()["invoices"]["invoice"])
        products = self.ask("get_clients_products", clientid=client)
        self.rows("get_clients_products", models.ProductInfo, products.products["product"])
        domains = self.ask("get_clients_domains", clientid=client)
        self.check("get_clients_domains", [row.domainname for row in domains.domains], [f"{name}.com"])
        whois = self.ask("domain_whois", f"{name}.com")
        self.check("domain_whois", whois.status, "available")
        self.transactions(client, int(order.invoiceid))
        for method, word in [("cancel_order", "error"), ("domain_get_nameservers", "error")]:
            answer = self.ask(method, 999999)
            self.check(f"{method} of nothing", (answer.result, bool(answer.message)), (word, True))

    def transactions(self, client, invoice):
        # This client has no call that pays, so the payment is made by hand.
        paid = self.raw(
            "AddInvoicePayment", invoiceid=invoice, transid=uuid.uuid4().hex, gateway="wharf", amount="1.00", date="2030-01-31 10:00:00"
        )
        self.check("a part is paid", paid, {"result": "success"})
        rows = self.raw("GetTransactions", clientid=client)["transactions"]["transaction"]
        for field, documented in [("amountin", "45.90"), ("fees", "0.00"), ("amountout", "0.00")]:
            self.refused(models.TransactionInfo, field, documented)
            self.check(f"get_transactions: {field} is of the documented type", [type(row[field]) for row in rows], [str])
        numbers = [{key: float(value) if key in ("amountin", "fees", "amountout") else value for key, value in row.items()} for row in rows]
        self.rows("get_transactions, all but the amounts", models.TransactionInfo, numbers)

    def typed(self, what, model, rows, field, documented):
        self.refused(model, field, documented)
        self.check(f"{what}: {field} is of the documented type", {type(row[field]) for row in rows}, {type(documented)})
        self.rows(f"{what}, all but {field}", model, [{**row, field: str(row[field])} for row in rows])

    def refused(self, model, field, documented):
        try:
            model.from_dict({field: documented})
            self.check(f"{model.__name__}.{field}: the documented {documented!r}", "accepted", "refused: judge ours by it too")
        except pydantic.ValidationError:
            print(f"note {model.__name__}.{field} refuses even the documented {documented!r}")

    def raw(self, action, **fields):
        fields = {"identifier": self.credentials[0], "secret": self.credentials[1], "responsetype": "json", "action": action, **fields}
        answer = self.api.api_client.rest_client.request(
            "POST", self.at["host"] + "/includes/api.php", headers={"Content-Type": "application/x-www-form-urlencoded"}, post_params=fields
        )
        return json.loads(answer.read())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sandbox", type=argparse.FileType(encoding="utf-8"))
    return 1 if Judge(json.load(parser.parse_args().sandbox)).run() else 0


if __name__ == "__main__":
    sys.exit(main())
