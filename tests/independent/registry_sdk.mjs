// Drives the sandbox's registrar with the vendor's own Node SDK, as a judge beside our tests.
//
//     tests/independent/run SANDBOX_JSON registry-node registry-node-tls
//
// This SDK differs from the Python one on the wire: it posts as text/plain and converts umlauts itself.
// It also prints every answer, for which reason its console is taken away here.
// Prints one line a check; leaves with 1 if any failed.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [file, scheme] = process.argv.slice(2);
const at = JSON.parse(readFileSync(file, "utf8"));
const url = `${scheme === "--tls" ? at.registry_tls : at.registry}/api/call.cgi`;
const { username: login, password } = at.registrar;

const require = createRequire(join(process.env.SDK_DIR, "x.js"));
const { APIClient } = await import(pathToFileURL(require.resolve("@hexonet/ispapi-apiconnector")));

console.log = () => {};
let failed = 0;
function check(what, got, expected) {
  const good = JSON.stringify(got) === JSON.stringify(expected);
  failed += good ? 0 : 1;
  process.stdout.write(good ? `ok   ${what}\n` : `FAIL ${what}: got ${JSON.stringify(got)}, expected ${JSON.stringify(expected)}\n`);
}

const client = new APIClient();
// Choosing the test system also resets the address.
client.useOTESystem();
client.setURL(url).setCredentials(login, password);
const values = (answer, column) => answer.getColumn(column)?.getData() ?? null;
async function code(what, command, expected) {
  const answer = await client.request(command);
  check(`${what} -> ${answer.getCode()} ${answer.getDescription()}`, answer.getCode(), expected);
  return answer;
}

async function act(act, fields) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`${at.registry}/_sandbox/${act}`, { method: "POST", headers, body: JSON.stringify(fields) });
  if (!answer.ok) throw new Error(`${act}: ${await answer.text()}`);
}

const name = `node-${Math.random().toString(16).slice(2, 12)}.com`;
const contact = { FIRSTNAME: "Mona", LASTNAME: "Adel", STREET: "12 Tahrir", CITY: "القاهرة", ZIP: "11511", COUNTRY: "EG", PHONE: "+20.1012345678", EMAIL: "mona@example.org" };

check("login", (await client.login()).isSuccess(), true);
await code("StatusAccount by session", { COMMAND: "StatusAccount" }, 200);
const checked = await code("CheckDomains", { COMMAND: "CheckDomains", DOMAIN: [name, `taken-${name}`, "münchen-sdk.de"] }, 200);
check("CheckDomains: verdicts", values(checked, "DOMAINCHECK").map((text) => text.slice(0, 3)), ["210", "211", "210"]);
const order = { COMMAND: "AddDomain", DOMAIN: name, PERIOD: "1Y", NAMESERVER: ["ns1.example.net", "ns2.example.net"] };
for (const kind of ["OWNER", "ADMIN", "TECH", "BILLING"]) {
  for (const [field, value] of Object.entries(contact)) order[`${kind}CONTACT0${field}`] = value;
}
await code("AddDomain", order, 200);
await code("AddDomain again", order, 554);
const status = await code("StatusDomain", { COMMAND: "StatusDomain", DOMAIN: name }, 200);
check("StatusDomain: nameservers", values(status, "NAMESERVER"), ["ns1.example.net", "ns2.example.net"]);
check("StatusDomain: status", values(status, "STATUS")?.[0], "ACTIVE");
const idn = await code("ConvertIDN", { COMMAND: "ConvertIDN", DOMAIN: ["straße.de", "مثال.com"] }, 200);
check("ConvertIDN", values(idn, "ACE"), ["xn--strae-oqa.de", "xn--mgbh0fb.com"]);
await code("ModifyDomain", { COMMAND: "ModifyDomain", DOMAIN: name, NAMESERVER: ["ns3.example.net", "ns4.example.net"] }, 200);
const list = await code("QueryDomainList v2", { COMMAND: "QueryDomainList", VERSION: "2", DOMAIN: [name] }, 200);
check("QueryDomainList: one row", [list.getRecordsTotalCount(), values(list, "NAMESERVER")], [1, ["ns3.example.net ns4.example.net"]]);

const known = values(await client.request({ COMMAND: "StatusDomain", DOMAIN: name }), "EXPIRATIONDATE")[0];
const renew = { COMMAND: "RenewDomain", DOMAIN: name, PERIOD: "1Y", EXPIRATIONDATE: known };
const renewed = await code("RenewDomain", renew, 200);
check("RenewDomain: a year more", Number(values(renewed, "EXPIRATIONDATE")[0].slice(0, 4)), Number(known.slice(0, 4)) + 1);
await code("RenewDomain again", renew, 555);

const label = `transfer-${Math.random().toString(16).slice(2, 12)}`;
const transfer = { COMMAND: "TransferDomain", DOMAIN: `${label}.com`, AUTH: `Auth-${label}` };
await code("CheckDomainTransfer with a wrong code", { COMMAND: "CheckDomainTransfer", DOMAIN: `${label}.com`, AUTH: "wrong-code" }, 219);
const asked = await code("TransferDomain", transfer, 200);
check("TransferDomain: pending", asked.isPending(), true);
await act("reject", { domain: `${label}.com`, reason: "Denied" });
const ended = await code("StatusDomainTransfer", { COMMAND: "StatusDomainTransfer", DOMAIN: `${label}.com` }, 200);
check("StatusDomainTransfer: failed", values(ended, "TRANSFERSTATUS"), ["FAILED"]);

await act("fill", { account: login, domains: 250 });
const long = { COMMAND: "QueryDomainList", VERSION: "2", WIDE: "1", DOMAIN: "fill-*", FIRST: "0", LIMIT: "100" };
const pages = await client.requestAllResponsePages(long);
const total = pages[0].getRecordsTotalCount();
check("QueryDomainList: a long list, page by page", pages.reduce((sum, page) => sum + page.getRecordsCount(), 0), total);
check("QueryDomainList: pages", pages.length, Math.ceil(total / 100));

await act("role", { account: login, name: "sdk-node", password: "reader-1", acl: ["Status*():ALLOW", "DEFAULTPOLICY:DENY"] });
const role = new APIClient();
role.useOTESystem();
role.setURL(url).setRoleCredentials(login, "sdk-node", "reader-1");
check("StatusAccount as a role user", (await role.request({ COMMAND: "StatusAccount" })).getCode(), 200);
check("QueryDomainList as a role user that may not", (await role.request({ COMMAND: "QueryDomainList" })).getCode(), 530);

check("logout", (await client.logout()).isSuccess(), true);
client.setCredentials(login, "not the password");
await code("wrong password", { COMMAND: "StatusAccount" }, 530);
process.exit(failed ? 1 : 0);
