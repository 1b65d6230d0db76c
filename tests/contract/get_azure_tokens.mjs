// Gets tokens with @azure/identity as its users do, and calls Claude with each through foundry-sdk.
// test_azure_identity.py judges. Reads one case from standard input, as get_azure_tokens.py does; a process for each,
// since the client keeps where managed identities are.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

// The clients are installed beside no script: they are found in the directory this runs in.
const require = createRequire(pathToFileURL(`${process.cwd()}/`));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const identity = await load("@azure/identity");
const { default: AnthropicFoundry } = await load("@anthropic-ai/foundry-sdk");

const write = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function run({ name, credential: kind, arguments: given, scopes, base_url: baseURL }) {
  const options = (given ?? []).map((argument) =>
    argument?.promptUser
      ? {
          ...argument,
          userPromptCallback: ({ verificationUri, userCode }) =>
            write({ name, prompt: { uri: verificationUri, code: userCode } }),
        }
      : argument,
  );
  const credential = new identity[kind](...options);
  const tokens = [];
  for (const scope of scopes) tokens.push((await credential.getToken(scope)).token);
  // The library's own provider asks for tokens of another kind (`enableCae`), which it keeps apart: a person who has
  // just signed in would be asked again.
  const isPerson = kind === "DeviceCodeCredential";
  const client = new AnthropicFoundry({
    baseURL,
    maxRetries: 0,
    azureADTokenProvider: isPerson
      ? async () => (await credential.getToken(scopes[0])).token
      : identity.getBearerTokenProvider(credential, scopes[0]),
  });
  const message = await client.messages.create({
    model: "claude-haiku-4-5",
    max_tokens: 64,
    messages: [{ role: "user", content: "Hello!" }],
  });
  return { tokens, text: message.content[0].text };
}

const [chosen] = JSON.parse(readFileSync(0, "utf8"));
try {
  write({ name: chosen.name, ...(await run(chosen)) });
} catch (error) {
  write({ name: chosen.name, error: `${error.name}: ${error.message}` });
}
