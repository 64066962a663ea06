/** How Next builds the pages. The host (`server.ts`) serves them; `next start` is not used. */
import type { NextConfig } from "next";

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  transpilePackages: ["@signalbox/catalog", "@signalbox/client", "@signalbox/react", "@signalbox/server"],
  typescript: { ignoreBuildErrors: false },
  devIndicators: false,
};

export default config;
