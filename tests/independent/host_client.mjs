// Drives the host's API with `whmcs` of npm, an old and much-used client of real installations.
//
//     tests/independent/run SANDBOX_JSON host-node host-node-suite
//
// With --own-suite, those of the client's own tests are run that today's WHMCS would pass too. Left out are: deleting
// an order that is neither cancelled nor fraud (refused by the documentation of DeleteOrder), gateways and
// tickets that this shop has not, and the upgrade of products. Its XML mode reads licensing answers only.
// Prints one line a check; leaves with 1 if any failed.

import { spawnSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [file, mode] = process.argv.slice(2);
const at = JSON.parse(readFileSync(file, "utf8"));
const require = createRequire(join(process.env.SDK_DIR, "x.js"));
const WHMCS = require("whmcs");

const serverUrl = `${at.host}/includes/api.php`;
const pair = { username: at.inspector.identifier, password: at.inspector.secret, serverUrl };
const md5 = createHash("md5").update(at.staff.password).digest("hex");
const client = new WHMCS({ username: at.staff.username, password: md5, serverUrl });

let failed = 0;
function check(what, got, expected) {
  const good = JSON.stringify(got) === JSON.stringify(expected);
  failed += good ? 0 : 1;
  console.log(good ? `ok   ${what}` : `FAIL ${what}: got ${JSON.stringify(got)}, expected ${JSON.stringify(expected)}`);
}
// The client calls back with an error for every answer that is not a success.
const ask = (subject, method, ...rest) =>
  new Promise((resolve) => subject[method](...rest, (error, answer) => resolve(error ? { error: error.message } : answer)));

const person = (email) => ({
  firstname: "Mona", lastname: "Adel", email, address1: "12 Tahrir Street", city: "Cairo", state: "Cairo",
  postcode: "11511", country: "EG", phonenumber: "01012345678", password2: "Nile-4711-delta",
});

async function logIns() {
  for (const [kind, config] of [["credentials as user name and password", pair], ["an administrator and the MD5 of the password", client.config]]) {
    const answer = await ask(new WHMCS(config).products, "getProducts", 1);
    check(`log-in by ${kind}`, [answer.error, answer.result], [undefined, "success"]);
  }
  // The client insists on a user name; identifier and secret win over it.
  const stranger = new WHMCS({ username: "nobody", password: "nothing", serverUrl });
  const named = await ask(stranger.customers, "getCustomerInvoices", 0, { identifier: pair.username, secret: pair.password });
  check("log-in by identifier and secret", named.result, "success");
  const wrong = await ask(new WHMCS({ ...pair, password: "wrong" }).products, "getProduct", 1);
  check("a wrong secret is refused", wrong.error, "WHMCS Error (403): Authentication Failed");
  const none = await ask(stranger.products, "getProduct", 1);
  check("a stranger is refused", none.error, "WHMCS Error (403): Authentication Failed");
}

async function customers() {
  const email = `node-${randomUUID()}@example.test`;
  const made = await ask(client.customers, "createCustomer", person(email));
  const id = Number(made.clientid);
  check("createCustomer", [made.result, id > 0], ["success", true]);
  const again = await ask(client.customers, "createCustomer", person(email));
  check("createCustomer: the address is taken", Boolean(again.error), true);
  const found = await ask(client.customers, "getCustomerByEmail", email, {});
  check("getCustomerByEmail", [Number(found.client?.id), found.client?.email, typeof found.stats], [id, email, "object"]);
  check("getCustomer of nobody", (await ask(client.customers, "getCustomer", 999999)).error, "WHMCS Error (200): Client Not Found");
  check("updateCustomer", (await ask(client.customers, "updateCustomer", id, { city: "Giza" })).result, "success");
  check("getCustomer", (await ask(client.customers, "getCustomer", id)).client?.city, "Giza");
  check("validateLogin", (await ask(client.customers, "validateLogin", email, "Nile-4711-delta")).result, "success");
  check("validateLogin: wrong password", (await ask(client.customers, "validateLogin", email, "no")).error, "WHMCS Error (200): Email or Password Invalid");

  const contact = await ask(client.customers, "createContact", { clientid: id, firstname: "Omar", lastname: "Adel", email: `omar-${email}` });
  check("createContact", [contact.result, Number(contact.contactid) > 0], ["success", true]);
  check("updateContact", (await ask(client.customers, "updateContact", contact.contactid, { city: "Luxor" })).result, "success");
  const contacts = await ask(client.customers, "getContacts", id);
  check("getContacts", contacts.contacts?.contact?.map((row) => [row.firstname, row.city]), [["Omar", "Luxor"]]);
  check("deleteContact", (await ask(client.customers, "deleteContact", contact.contactid)).result, "success");
  check("getContacts: none left", Number((await ask(client.customers, "getContacts", id)).totalresults), 0);

  check("sendEmail", (await ask(client.customers, "sendEmail", id, { customtype: "general", customsubject: "Hello", custommessage: "Text" })).result, "success");
  const mails = await ask(client.customers, "getCustomerEmails", id);
  check("getCustomerEmails", mails.emails?.email?.some((row) => row.subject === "Hello"), true);
  check("getClientsAddons", (await ask(client.customers, "getClientsAddons", { clientid: id })).result, "success");
  return id;
}

async function billing(id) {
  const credit = await ask(client.billing, "addCredit", id, 30, "From the judge");
  check("addCredit", Number(credit.newbalance), 30);
  const credits = await ask(client.customers, "getCredits", id);
  check("getCredits", credits.credits?.credit?.map((row) => [row.description, Number(row.amount)]), [["From the judge", 30]]);
  const invoice = await ask(client.billing, "createInvoice", id, {
    paymentmethod: "wharf", date: "20301230", duedate: "20301230", itemdescription1: "One thing", itemamount1: 12.5, itemtaxed1: 0,
  });
  check("createInvoice", [invoice.result, invoice.status], ["success", "Unpaid"]);
  const part = await ask(client.billing, "payInvoice", invoice.invoiceid, 2.5);
  check("payInvoice: a part", [Number(part.amount), part.invoicepaid], [2.5, "false"]);
  const rest = await ask(client.billing, "payInvoice", invoice.invoiceid, "full");
  check("payInvoice: the rest", [Number(rest.amount), rest.invoicepaid], [10, "true"]);
  const paid = await ask(client.billing, "getInvoice", invoice.invoiceid);
  check("getInvoice", [paid.status, Number(paid.balance), paid.items?.item?.map((row) => row.description)], ["Paid", 0, ["One thing"]]);
  check("payInvoice again", (await ask(client.billing, "payInvoice", invoice.invoiceid, 1)).error, "WHMCS Error (200): Invoice Not in Unpaid Status");
  const other = await ask(client.billing, "createInvoice", id, { itemdescription1: "Another", itemamount1: 1, paymentmethod: "wharf" });
  check("updateInvoice", (await ask(client.billing, "updateInvoice", other.invoiceid, { status: "Cancelled" })).result, "success");
  check("capturePayment", (await ask(client.billing, "capturePayment", other.invoiceid, {})).error, "WHMCS Error (200): Invoice Not Found or Not Unpaid");
  const all = await ask(client.billing, "getInvoices", { userid: id });
  check("getInvoices", all.invoices?.invoice?.map((row) => row.status).sort(), ["Cancelled", "Paid"]);
  check("getTransactions", (await ask(client.customers, "getTransactions", { clientid: id })).result, "success");
}

async function orders(id) {
  const product = (await ask(client.products, "getProduct", 1)).products?.product?.[0];
  check("getProduct", [Number(product?.pid), typeof product?.name], [1, "string"]);
  const modules = await ask(client.products, "getProductsByType", "module", product.module);
  check("getProductsByType", modules.products?.product?.some((row) => Number(row.pid) === 1), true);
  const name = `node-${randomUUID().slice(0, 8)}`;
  const order = await ask(client.billing, "addOrder", id, {
    paymentmethod: "wharf", "pid[0]": 1, "domain[0]": `${name}.com`, "billingcycle[0]": "monthly",
    "domaintype[0]": "register", "regperiod[0]": 1,
  });
  check("addOrder", [order.result, Number(order.orderid) > 0, Number(order.invoiceid) > 0], ["success", true, true]);
  const listed = await ask(client.products, "getOrders", "id", order.orderid);
  check("getOrders", listed.orders?.order?.map((row) => [row.status, row.lineitems?.lineitem?.length]), [["Pending", 2]]);
  const missing = await ask(client.billing, "addOrder", id, { paymentmethod: "none-such", "pid[0]": 1 });
  check("addOrder: no such gateway", missing.error?.startsWith("WHMCS Error (200): Invalid Payment Method"), true);

  const service = Number(order.serviceids);
  const domain = Number(order.domainids);
  check("updateCustomerProduct", (await ask(client.customers, "updateCustomerProduct", service, { notes: "seen" })).result, "success");
  check("updateCustomerDomain", (await ask(client.customers, "updateCustomerDomain", domain, { notes: "seen" })).result, "success");
  const accepted = await ask(client.billing, "acceptOrder", order.orderid, { autosetup: 1, sendregistrar: 1 });
  check("acceptOrder: module and registrar are run", [accepted.error, accepted.result], [undefined, "success"]);
  const products = await ask(client.customers, "getCustomerProducts", id);
  check("getCustomerProducts", products.products?.product?.map((row) => [Number(row.id), row.status]), [[service, "Active"]]);
  const domains = await ask(client.customers, "getCustomerDomains", id);
  check("getCustomerDomains", domains.domains?.domain?.map((row) => [row.domainname, row.status]), [[`${name}.com`, "Active"]]);
  check("setDomainNameservers", (await ask(client.domains, "setDomainNameservers", domain, ["ns1.example.org", "ns2.example.org"])).result, "success");
  const nameservers = await ask(client.domains, "getDomainNameservers", domain);
  check("getDomainNameservers", [nameservers.ns1, nameservers.ns2], ["ns1.example.org", "ns2.example.org"]);
  check("getDomainLockStatus", (await ask(client.domains, "getDomainLockStatus", domain)).lockstatus, "locked");

  const second = await ask(client.billing, "addOrder", id, { paymentmethod: "wharf", "pid[0]": 1, "domain[0]": `b-${name}.com`, "billingcycle[0]": "monthly" });
  const early = await ask(client.billing, "deleteOrder", second.orderid);
  check("deleteOrder: not before it is cancelled", early.error?.startsWith("WHMCS Error (200): The order status must be in Cancelled"), true);
  check("cancelOrder", (await ask(client.billing, "cancelOrder", second.orderid)).result, "success");
  check("deleteOrder", (await ask(client.billing, "deleteOrder", second.orderid)).result, "success");
}

// The suite counts on client 2 and product 1.
async function ownSuite() {
  while (!(await ask(client.customers, "getCustomer", 2)).client) {
    await ask(client.customers, "createCustomer", person(`suite-${randomUUID()}@example.test`));
  }
  const home = dirname(require.resolve("whmcs"));
  const tests = ["auth", "customers", "products", "billing"].map((name) => join(home, "test", `${name}.js`));
  const grep = "auth|get and delete a customer|get credits|get products?|invoice and cancel it";
  const arguments_ = [
    join(dirname(require.resolve("mocha")), "bin", "_mocha"),
    "--reporter", "spec", "--grep", grep, "--require", fileURLToPath(new URL("suite_helper.cjs", import.meta.url)), ...tests,
  ];
  const env = { ...process.env, WHMCS_URL: serverUrl, WHMCS_USER: pair.username, WHMCS_KEY: pair.password };
  const { status } = spawnSync(process.execPath, arguments_, { env, stdio: "inherit" });
  check("the client's own suite", status, 0);
}

if (mode === "--own-suite") {
  await ownSuite();
} else {
  await logIns();
  const id = await customers();
  await billing(id);
  await orders(id);
}
process.exit(failed ? 1 : 0);
