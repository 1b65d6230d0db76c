// Reads streams with @anthropic-ai/foundry-sdk's helper: for each case on standard input, its message and its bytes.
// test_stream_matrix.py judges. Takes BASE_URL and API_KEY from the environment.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

// The client is installed beside no script: it is found in the directory this runs in.
const require = createRequire(pathToFileURL(`${process.cwd()}/`));
const { default: AnthropicFoundry } = await import(
  pathToFileURL(require.resolve("@anthropic-ai/foundry-sdk")).href
);

const { BASE_URL, API_KEY } = process.env;
const AT_ONCE = 4;

async function readStream({ body, betas, version }) {
  const headers = { "anthropic-version": version };
  let bytes;
  const client = new AnthropicFoundry({
    baseURL: BASE_URL,
    apiKey: API_KEY,
    maxRetries: 0,
    fetch: async (url, init) => {
      const answer = await fetch(url, init);
      bytes = answer.clone().text();
      return answer;
    },
  });
  try {
    const stream = betas.length
      ? client.beta.messages.stream({ ...body, betas }, { headers })
      : client.messages.stream(body, { headers });
    return { message: await stream.finalMessage(), bytes: await bytes };
  } catch (error) {
    return { error: `${error.constructor.name}: ${error.message}` };
  }
}

const cases = JSON.parse(readFileSync(0, "utf8"));
const results = {};
const waiting = Object.entries(cases);
async function work() {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    results[next[0]] = await readStream(next[1]);
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, work));
process.stdout.write(JSON.stringify(results));
