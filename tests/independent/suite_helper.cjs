// Stands in for the helper of the suite of `whmcs`, which always sends an access key: the sandbox has none.
const { createRequire } = require("node:module");
const { join } = require("node:path");

const installed = createRequire(join(process.env.SDK_DIR, "x.js"));
const WHMCS = installed("whmcs");
const { WHMCS_URL, WHMCS_USER, WHMCS_KEY } = process.env;
const path = installed.resolve("whmcs/test/spec_helper");
const client = new WHMCS({ serverUrl: WHMCS_URL, username: WHMCS_USER, password: WHMCS_KEY });
require.cache[path] = { id: path, filename: path, loaded: true, exports: { client } };
