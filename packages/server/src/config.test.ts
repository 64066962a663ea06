import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigError, environmentOfOperator, readConfig } from "./config.ts";

const SECRET = "a secret of more than thirty-two characters";

describe("the configuration", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "signalbox-config-"));
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  it("has a default for everything", () => {
    const config = readConfig(root, {});
    expect(config).toEqual({
      port: 3000,
      hostname: "127.0.0.1",
      url: "http://127.0.0.1:3000",
      dataDir: join(root, ".data"),
      secret: config.secret,
      databaseUrl: null,
      isDemo: false,
      maxStreams: 5000,
      maxStreamsPerPerson: 6,
      drainSeconds: 2,
      trustedProxies: [],
      metricsToken: null,
      webPubSub: null,
    });
  });

  it("takes every variable, and an empty one as unset", () => {
    const config = readConfig(root, {
      PORT: "8080",
      SIGNALBOX_HOST: "0.0.0.0",
      SIGNALBOX_URL: "https://signalbox.example.com/",
      SIGNALBOX_DATA_DIR: "elsewhere",
      SIGNALBOX_SECRET: SECRET,
      DATABASE_URL: "postgresql://u@h/d",
      SIGNALBOX_DEMO: "1",
      SIGNALBOX_MAX_STREAMS: "7",
      SIGNALBOX_MAX_STREAMS_PER_PERSON: "3",
      SIGNALBOX_DRAIN_SECONDS: "0.5",
      SIGNALBOX_TRUSTED_PROXIES: " 10.0.0.0/8 , ::1,",
      SIGNALBOX_METRICS_TOKEN: "sixteen characters",
    });
    expect(config).toEqual({
      port: 8080,
      hostname: "0.0.0.0",
      url: "https://signalbox.example.com",
      dataDir: join(root, "elsewhere"),
      secret: SECRET,
      databaseUrl: "postgresql://u@h/d",
      isDemo: true,
      maxStreams: 7,
      maxStreamsPerPerson: 3,
      drainSeconds: 0.5,
      trustedProxies: ["10.0.0.0/8", "::1"],
      metricsToken: "sixteen characters",
      webPubSub: null,
    });
    expect(readConfig(root, { PORT: "", SIGNALBOX_URL: "", SIGNALBOX_TRUSTED_PROXIES: "" })).toMatchObject({
      port: 3000,
      trustedProxies: [],
    });
    expect(readConfig(root, { PORT: "4000" }).url).toBe("http://127.0.0.1:4000");
  });

  it.each([
    ["PORT", ["0", "65536", "3000.5", "http", "-1", "3000x"]],
    [
      "SIGNALBOX_URL",
      ["signalbox.example.com", "ftp://a", "https://", "https://a/path", "https://a?b", "https://a#b", "https://u:p@a"],
    ],
    ["SIGNALBOX_SECRET", ["short"]],
    ["DATABASE_URL", ["mysql://a", "a", "http://postgres"]],
    ["SIGNALBOX_DEMO", ["yes", "true", "2"]],
    ["SIGNALBOX_MAX_STREAMS", ["0", "-1", "1.5", "many"]],
    ["SIGNALBOX_MAX_STREAMS_PER_PERSON", ["0", "x"]],
    ["SIGNALBOX_DRAIN_SECONDS", ["-1", "601", "soon"]],
    ["SIGNALBOX_TRUSTED_PROXIES", ["proxy", "10.0.0.0/33", "10.0.0.1,oops", "10.0.0.0/a"]],
    ["SIGNALBOX_METRICS_TOKEN", ["short"]],
  ])("refuses a wrong %s in one line that names it", (name, values) => {
    for (const value of values) {
      const reading = () => readConfig(root, { SIGNALBOX_SECRET: SECRET, [name]: value });
      expect(reading).toThrow(ConfigError);
      expect(reading).toThrow(new RegExp(`^${name} must be [^\\n]+\\.$`));
    }
  });

  it("wants a secret beside a database that several hosts may share", () => {
    expect(() => readConfig(root, { DATABASE_URL: "postgres://h/d" })).toThrow(
      /^SIGNALBOX_SECRET must be set with DATABASE_URL/,
    );
  });

  it("makes the embedded store's secret once, for its owner alone, and leaves nothing else behind", () => {
    const { secret, dataDir } = readConfig(root, {});
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(readConfig(root, {}).secret).toBe(secret);
    expect(readdirSync(dataDir)).toEqual(["secret"]);
    expect(statSync(join(dataDir, "secret")).mode & 0o777).toBe(0o600);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  });

  it.each(["", "\n", "half of a secret"])(
    "never signs with a secret that is torn (%j), and makes a new one",
    (torn) => {
      const { dataDir, secret } = readConfig(root, {});
      writeFileSync(join(dataDir, "secret"), torn);
      const made = readConfig(root, {}).secret;
      expect(made).toMatch(/^[\w-]{43}$/);
      expect(made).not.toBe(secret);
      expect(readConfig(root, {}).secret).toBe(made);
      expect(readdirSync(dataDir)).toEqual(["secret"]);
      expect(statSync(join(dataDir, "secret")).mode & 0o777).toBe(0o600);
    },
  );

  it("names the folder that can't be written to", () => {
    writeFileSync(join(root, "file"), "");
    expect(() => readConfig(root, { SIGNALBOX_DATA_DIR: join(root, "file") })).toThrow(
      /^SIGNALBOX_DATA_DIR must be a folder/,
    );
  });

  it("hands none of the host's secrets to the operator beside it", () => {
    const before = { ...process.env };
    Object.assign(process.env, {
      SIGNALBOX_SECRET: SECRET,
      DATABASE_URL: "postgres://h/d",
      SIGNALBOX_METRICS_TOKEN: "t",
      PORT: "1",
      MODEL_NAME: "m",
    });
    try {
      const inherited = environmentOfOperator();
      expect(Object.keys(inherited).filter((name) => /SECRET|DATABASE_URL|METRICS|^PORT$/.test(name))).toEqual([]);
      expect(inherited).toMatchObject({ MODEL_NAME: "m", PATH: process.env["PATH"] });
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
      Object.assign(process.env, before);
    }
  });

  it("takes a connection string of Web PubSub, with the keys of a rotation, and says what is wrong with another", () => {
    const SIGNALBOX_WEB_PUBSUB = "Endpoint=https://name.webpubsub.azure.com;AccessKey=abc+/=;Version=1.0;";
    expect(readConfig(root, { SIGNALBOX_WEB_PUBSUB, SIGNALBOX_WEB_PUBSUB_KEYS: "def=, ghi" }).webPubSub).toEqual({
      endpoint: "https://name.webpubsub.azure.com",
      keys: ["abc+/=", "def=", "ghi"],
      hub: "signalbox",
    });
    for (const wrong of ["https://name.webpubsub.azure.com", "Endpoint=ftp://x;AccessKey=a;", "Endpoint=https://x;"]) {
      expect(() => readConfig(root, { SIGNALBOX_WEB_PUBSUB: wrong })).toThrow(
        /^SIGNALBOX_WEB_PUBSUB must be a connection/,
      );
    }
    expect(() => readConfig(root, { SIGNALBOX_WEB_PUBSUB, SIGNALBOX_WEB_PUBSUB_HUB: "a b" })).toThrow(
      /^SIGNALBOX_WEB_PUBSUB_HUB must be/,
    );
  });
});
