// Leads Node 20's own fetch through the proxy that HTTPS_PROXY names: a preload (node --import) that `ingate run` sets.
// Later Nodes do this themselves when NODE_USE_ENV_PROXY is set. No package is needed: fetch takes its connections from
// a dispatcher that undici keeps under a registered symbol, and the dispatcher's class takes a function that connects.
import http from "node:http";
import net from "node:net";
import tls from "node:tls";

const [major, minor] = process.versions.node.split(".").map(Number);
const knowsProxies = major >= 24 || (major === 22 && minor >= 21);
const proxyUrl = process.env.HTTPS_PROXY ?? process.env.https_proxy;
const direct = (process.env.NO_PROXY ?? process.env.no_proxy ?? "").split(",").map((name) => name.trim().toLowerCase());

if (!knowsProxies && proxyUrl && typeof fetch === "function") {
  new Headers(); // the dispatcher is made when the first of fetch's classes is used
  const key = Symbol.for("undici.globalDispatcher.1");
  const Agent = globalThis[key]?.constructor;
  if (Agent) globalThis[key] = new Agent({ connect: makeConnector(new URL(proxyUrl)) });
}

function makeConnector(proxy) {
  return ({ hostname, port, protocol, servername }, callback) => {
    const isTls = protocol === "https:";
    const target = { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) || (isTls ? 443 : 80) };
    const name = servername || (net.isIP(target.host) ? undefined : target.host);
    const secure = (socket) => tls.connect({ socket, servername: name, ALPNProtocols: ["http/1.1"] });
    if (isDirect(target.host)) {
      const socket = net.connect(target);
      announce(isTls ? secure(socket) : socket, isTls ? "secureConnect" : "connect", callback);
      return;
    }
    const authority = `${hostname}:${target.port}`;
    const request = http.request({
      host: proxy.hostname.replace(/^\[|\]$/g, ""),
      port: proxy.port || 80,
      method: "CONNECT",
      path: authority,
      headers: { host: authority },
      agent: false,
    });
    request.once("error", callback);
    request.once("connect", (answer, socket) => {
      if (answer.statusCode !== 200) {
        socket.destroy();
        callback(new Error(`the proxy refused ${authority}: ${answer.statusCode} ${answer.statusMessage}`));
      } else if (isTls) {
        announce(secure(socket), "secureConnect", callback);
      } else {
        callback(null, socket);
      }
    });
    request.end();
  };
}

function isDirect(host) {
  return direct.some((name) => name && (name === "*" || host === name || host.endsWith(`.${name.replace(/^\./, "")}`)));
}

function announce(socket, event, callback) {
  const onError = (error) => callback(error);
  socket.once("error", onError);
  socket.once(event, () => {
    socket.removeListener("error", onError);
    callback(null, socket);
  });
}
