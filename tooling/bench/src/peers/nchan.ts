/**
 * nginx with nchan as its documentation shows for server-sent events: one worker, in memory. This process publishes on the
 * schedule that all peers have; what is measured is nginx. Arguments: the module, the port for nginx, a folder of its own.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { servePeer } from "./serve.ts";

const [modulePath = "", port = "", folder = ""] = process.argv.slice(2);
const configFile = join(folder, "nginx.conf");

writeFileSync(
  configFile,
  `load_module ${modulePath};
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr error;
worker_rlimit_nofile 40000;
events { worker_connections 20000; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  client_body_in_single_buffer on;
  keepalive_requests 1000000;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /events {
      nchan_subscriber eventsource;
      nchan_channel_id signals;
      nchan_subscriber_first_message newest;
      nchan_eventsource_ping_interval 15;
    }
    location = /publish {
      nchan_publisher;
      nchan_channel_id signals;
      nchan_message_buffer_length 100;
    }
  }
}
`,
);
const nginx = spawn("nginx", ["-c", configFile, "-p", folder], { stdio: ["ignore", "ignore", "inherit"] });
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    nginx.once("exit", () => process.exit(0));
    nginx.kill();
  });
}
nginx.once("exit", (code) => process.exit(code ?? 1));
await once(nginx, "spawn");

// One connection, so that events arrive in their order.
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function publish(body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const req = request({ host: "127.0.0.1", port, path: "/publish", method: "POST", agent, headers }, (res) => {
      res.resume().once("end", () => resolve(res.statusCode ?? 0));
    });
    req.once("error", reject).end(body);
  });
}

/** nginx listens a moment after it was started. */
for (let tries = 0; ; tries += 1) {
  const status = await publish("{}").catch(() => 0);
  if (status >= 200 && status < 300) break;
  if (tries === 100) throw new Error(`nginx does not publish: ${status}`);
  await pause(50);
}

servePeer({
  emit: (signal) => void publish(JSON.stringify(signal)).catch(() => process.exit(1)),
  entry: () => {},
  listener: (_req, res) => res.writeHead(404).end(),
  also: `${port} ${nginx.pid}`,
});
