// Uses Files and Skills as an application with `@anthropic-ai/foundry-sdk` would, and prints what it saw, as JSON.
// test_files_and_skills.py judges. Takes BASE_URL and API_KEY from the environment, packages from the folder it is in.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(`${process.cwd()}/package.json`));
const { AnthropicFoundry } = await import(pathToFileURL(require.resolve("@anthropic-ai/foundry-sdk")));
const { toFile } = await import(pathToFileURL(require.resolve("@anthropic-ai/sdk")));

const client = new AnthropicFoundry({
  apiKey: process.env.API_KEY,
  baseURL: process.env.BASE_URL,
  maxRetries: 0,
});
const { files, skills } = client.beta;
const encode = (text) => new TextEncoder().encode(text);

async function listAll(page, most = 100) {
  const ids = [];
  for await (const item of page) {
    ids.push(item.id);
    if (ids.length === most) break;
  }
  return ids;
}

const uploaded = [];
for (const name of ["0.pdf", "1.pdf", "2.pdf"]) {
  const file = await toFile(encode("%PDF-1.7\n"), name, { type: "application/pdf" });
  uploaded.push((await files.upload({ file })).id);
}
const seen = {
  uploaded,
  listed: await listAll(files.list({ limit: 2 })),
  file: await files.retrieveMetadata(uploaded[0]),
  notDownloadable: await files.download(uploaded[0]).then(
    () => null,
    (error) => [error.status, error.error?.error?.details?.error_code],
  ),
};
for (const id of uploaded) seen.deleted = (await files.delete(id)).type;

const skillMd = encode("---\nname: greeting\ndescription: How to greet.\n---\n# Hello\n");
const bundle = async () => [await toFile(skillMd, "greeting/SKILL.md", { type: "text/markdown" })];
seen.skill = await skills.create({ files: await bundle() });
seen.newer = (await skills.versions.create(seen.skill.id, { files: await bundle() })).id;
seen.versions = await listAll(skills.versions.list(seen.skill.id, { limit: 1 }));
const archive = await skills.versions.download(seen.newer, { skill_id: seen.skill.id });
seen.archive = Buffer.from(await archive.arrayBuffer()).subarray(0, 2).toString("latin1");
seen.skillDeleted = (await skills.delete(seen.skill.id)).type;

console.log(JSON.stringify(seen));
