import { expect, test } from "vitest";
import { ConfigError, isInTheClear, readDaemonConfig, readModelConfig, runnerEnvironment } from "./config.ts";

const WHOLE = {
  SIGNALBOX_HOST_URL: "https://signalbox.example/path?x=1",
  SIGNALBOX_OPERATOR_TOKEN: "sbx_op_abc",
  SIGNALBOX_OPERATOR_DIR: "/somewhere",
};

test("the channel is the host's address with the operator's path, as a WebSocket", () => {
  expect(readDaemonConfig(WHOLE).channel).toEqual({ link: "websocket", url: "wss://signalbox.example/__/operator" });
  expect(readDaemonConfig({ ...WHOLE, SIGNALBOX_HOST_URL: "http://127.0.0.1:3000" }).channel.url).toBe(
    "ws://127.0.0.1:3000/__/operator",
  );
});

test.each([
  ["https://signalbox.example", false],
  ["http://signalbox.example", true],
  ["http://10.0.0.7:3000", true],
  ["http://127.0.0.1:3000", false],
  ["http://[::1]:3000", false],
  ["http://localhost:3000", false],
])("over %s can it be read on the way: %s", (url, expected) => {
  for (const link of ["websocket", "web-pubsub"]) {
    const env = { ...WHOLE, SIGNALBOX_HOST_URL: url, SIGNALBOX_OPERATOR_LINK: link };
    expect(isInTheClear(readDaemonConfig(env).channel)).toBe(expected);
  }
});

test("the link is chosen by name; another name ends the start with one line", () => {
  expect(readDaemonConfig({ ...WHOLE, SIGNALBOX_OPERATOR_LINK: "web-pubsub" }).channel).toEqual({
    link: "web-pubsub",
    url: "https://signalbox.example/__/operator/negotiate",
  });
  expect(() => readDaemonConfig({ ...WHOLE, SIGNALBOX_OPERATOR_LINK: "carrier-pigeon" })).toThrow(
    new ConfigError("SIGNALBOX_OPERATOR_LINK must be websocket (the default) or web-pubsub."),
  );
});

test("credentials in the host's address are not taken over", () => {
  expect(readDaemonConfig({ ...WHOLE, SIGNALBOX_HOST_URL: "http://a:b@host" }).channel.url).toBe(
    "ws://host/__/operator",
  );
});

test("no MODEL_BASE_URL means the demo model", () => {
  expect(readModelConfig({ MODEL_API_KEY: "k", MODEL_NAME: "n" })).toBeNull();
  expect(readModelConfig({ MODEL_BASE_URL: "http://m/v1/", MODEL_NAME: "n" })).toEqual({
    baseUrl: "http://m/v1",
    apiKey: null,
    name: "n",
    provider: "m",
  });
});

test("the token reaches no runner", () => {
  const env = { ...WHOLE, MODEL_API_KEY: "k", PATH: "/bin" };
  expect(runnerEnvironment(env)).not.toHaveProperty("SIGNALBOX_OPERATOR_TOKEN");
  expect(runnerEnvironment(env)).toMatchObject({ MODEL_API_KEY: "k" });
});
