/** The official JavaScript client lists and calls a skill of a running host.
 *
 *   node client.js URL
 *
 * Prints one JSON object.
 */

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const client = new Client({ name: "tests", version: "1.0.0" });
const transport = new StreamableHTTPClientTransport(new URL(process.argv[2]));
await client.connect(transport);
const { tools } = await client.listTools();
const called = await client.callTool({ name: "echo", arguments: { bot: "second", text: "hello" } });
const refused = await client.callTool({ name: "echo", arguments: { text: "hello" } });
const unknown = await client.callTool({ name: "burn", arguments: {} }).catch((error) => error.code);
await client.close();
console.log(JSON.stringify({ server: client.getServerVersion(), protocol: transport.protocolVersion, tools, called, refused, unknown }));
