// A conversation of Vercel's AI SDK with one tool. Run by test_field_clients.py in a directory that holds the packages.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// The packages are installed beside no script: they are found in the directory this runs in.
const require = createRequire(pathToFileURL(`${process.cwd()}/`));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { createAnthropic } = await load("@ai-sdk/anthropic");
const { generateText, stepCountIs, tool } = await load("ai");
const { z } = await load("zod");

const { ANTHROPIC_FOUNDRY_BASE_URL, ANTHROPIC_FOUNDRY_API_KEY } = process.env;
const anthropic = createAnthropic({ baseURL: `${ANTHROPIC_FOUNDRY_BASE_URL}/v1`, apiKey: ANTHROPIC_FOUNDRY_API_KEY });
const askedFor = [];

const result = await generateText({
  model: anthropic("claude-haiku-4-5"),
  prompt: "Use get_weather with city: Paris",
  maxRetries: 0,
  stopWhen: stepCountIs(5),
  tools: {
    get_weather: tool({
      description: "The weather in a city",
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => {
        askedFor.push(city);
        return `18 degrees in ${city}`;
      },
    }),
  },
});
console.log(
  JSON.stringify({
    asked_for: askedFor,
    answer: result.text,
    input_tokens: result.steps.reduce((sum, step) => sum + step.usage.inputTokens, 0),
    output_tokens: result.steps.reduce((sum, step) => sum + step.usage.outputTokens, 0),
  }),
);
