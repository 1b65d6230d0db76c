// Preloaded into Portkey: its 1.15.2 appends headers to streamed answers of fetch(), which Node.js keeps immutable, and
// so answers every stream with 500. A copy of the answer has headers that can be changed. JSON answers are left alone.
const fetchAsIs = globalThis.fetch;
const ResponseAsIs = globalThis.Response;

globalThis.fetch = async (...request) => {
  const answer = await fetchAsIs(...request);
  const streams = answer.headers.get("content-type")?.startsWith("text/event-stream");
  return streams ? new ResponseAsIs(answer.body, answer) : answer;
};
