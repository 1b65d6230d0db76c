// Uses @anthropic-ai/foundry-sdk as an application would and prints what it saw, as JSON.
// test_client_observations.py judges. Takes BASE_URL and API_KEY from the environment.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// The client is installed beside no script: it is found in the directory this runs in.
const require = createRequire(pathToFileURL(`${process.cwd()}/`));
const { default: AnthropicFoundry } = await import(findModule("@anthropic-ai/foundry-sdk"));
const { default: Anthropic } = await import(findModule("@anthropic-ai/sdk"));

const { BASE_URL, API_KEY } = process.env;
const MODEL = "claude-haiku-4-5";
const HELLO = [{ role: "user", content: "Hello!" }];
const WEATHER = {
  name: "get_weather",
  description: "The weather in a city",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const ID_HEADERS = ["request-id", "apim-request-id", "retry-after"];

const connect = (options = {}) =>
  new AnthropicFoundry({ baseURL: BASE_URL, apiKey: API_KEY, maxRetries: 0, ...options });
const client = connect();

function findModule(name) {
  return pathToFileURL(require.resolve(name)).href;
}

async function observeMessage() {
  const { data, response } = await client.messages
    .create({ model: MODEL, max_tokens: 256, messages: HELLO })
    .withResponse();
  return {
    content: data.content.map((block) => block.type),
    stop_reason: data.stop_reason,
    model: data.model,
    input_tokens: data.usage.input_tokens,
    request_id: data._request_id,
    headers: Object.fromEntries(response.headers),
  };
}

async function observeStream() {
  const events = [];
  for await (const event of await client.messages.create({
    model: MODEL,
    max_tokens: 256,
    messages: HELLO,
    stream: true,
  })) {
    events.push(event.type);
  }
  let text = "";
  const helper = client.messages.stream({ model: MODEL, max_tokens: 256, messages: HELLO });
  helper.on("text", (delta) => (text += delta));
  const final = await helper.finalMessage();
  return { events, text, final_text: final.content[0].text };
}

async function observeBeta() {
  const message = await client.beta.messages.create({
    model: MODEL,
    max_tokens: 64,
    messages: HELLO,
    betas: ["context-management-2025-06-27"],
  });
  const counted = await client.beta.messages.countTokens({ model: MODEL, messages: HELLO });
  return { input_tokens: message.usage.input_tokens, counted: counted.input_tokens };
}

async function observeToolLoop() {
  const call = await client.messages.create({ model: MODEL, max_tokens: 256, messages: HELLO, tools: [WEATHER] });
  const use = call.content.find((block) => block.type === "tool_use");
  const answer = await client.messages.create({
    model: MODEL,
    max_tokens: 256,
    tools: [WEATHER],
    messages: [
      ...HELLO,
      { role: "assistant", content: call.content },
      { role: "user", content: [{ type: "tool_result", tool_use_id: use.id, content: "18 degrees" }] },
    ],
  });
  return { stop_reason: call.stop_reason, name: use.name, input: use.input, final_stop_reason: answer.stop_reason };
}

async function observeError(ask) {
  try {
    await ask();
  } catch (error) {
    const headers = ID_HEADERS.filter((name) => error.headers?.has(name));
    return {
      class: error.constructor.name,
      status: error.status ?? 200,
      request_id: error.requestID,
      message: error.message,
      headers: Object.fromEntries(headers.map((name) => [name, error.headers.get(name)])),
    };
  }
  return { class: null };
}

const create = (model, { connection = client, scripted, ...rest } = {}) =>
  connection.messages.create(
    { model, max_tokens: 64, messages: HELLO, ...rest },
    { headers: scripted ? { "x-scripted": scripted } : {} },
  );

async function readBrokenStream() {
  for await (const _ of await create("scripted", { stream: true, scripted: "broken-stream" }));
}

async function observeErrors() {
  const huge = [{ role: "user", content: "x".repeat(32 * 1024 * 1024) }];
  await observeError(() => create("scarce"));
  const asked = {
    wrong_key: () => create(MODEL, { connection: connect({ apiKey: "not-a-key" }) }),
    unknown_deployment: () => create("no-such-deployment"),
    bad_field: () => create(MODEL, { max_tokens: -1 }),
    too_large: () => create(MODEL, { messages: huge }),
    rate_limit: () => create("scarce"),
    upstream_500: () => create("scripted", { scripted: "500" }),
    upstream_504: () => create("scripted", { scripted: "504" }),
    upstream_529: () => create("scripted", { scripted: "529" }),
    unreachable: () => create("unreachable"),
    timeout: () => create("impatient", { scripted: "stall" }),
    broken_stream: readBrokenStream,
    models_api: () => client.beta.models.list(),
  };
  const seen = {};
  for (const [name, ask] of Object.entries(asked)) seen[name] = await observeError(ask);
  return seen;
}

const count = async (connection) =>
  (await connection.messages.countTokens({ model: MODEL, messages: HELLO })).input_tokens;

console.log(
  JSON.stringify({
    version: JSON.parse(readFileSync(`${process.cwd()}/node_modules/@anthropic-ai/foundry-sdk/package.json`)).version,
    message: await observeMessage(),
    stream: await observeStream(),
    counted: await count(client),
    beta: await observeBeta(),
    tool_loop: await observeToolLoop(),
    slashed: await count(connect({ baseURL: `${BASE_URL}/` })),
    bearer: await count(new Anthropic({ authToken: API_KEY, apiKey: null, baseURL: BASE_URL, maxRetries: 0 })),
    errors: await observeErrors(),
  }),
);
