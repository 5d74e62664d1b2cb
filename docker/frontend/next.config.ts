import type { NextConfig } from 'next';

const root = import.meta.dirname;

// Nothing here may depend on the environment that the image will run in: this file is evaluated once, at build time.
const config: NextConfig = {
  output: 'standalone',
  // Without these, Next looks for lock files above this folder and may take another one for the root.
  outputFileTracingRoot: root,
  turbopack: { root },
  // Never needed by `node server.js` here: no image optimisation, no build tools.
  outputFileTracingExcludes: {
    '*': ['node_modules/sharp/**', 'node_modules/@img/**', 'node_modules/typescript/**'],
  },
  images: { unoptimized: true },
  poweredByHeader: false,
  productionBrowserSourceMaps: false,
  devIndicators: false,
  agentRules: false,
  experimental: {
    // The container's root file system is read-only.
    isrFlushToDisk: false,
    serverSourceMaps: false,
  },
  // The same for every answer. The content security policy carries a nonce, so proxy.ts sets it per page.
  // Strict-Transport-Security belongs to whatever ends TLS in front of this server.
  headers: async () => [
    {
      source: '/:path*',
      headers: [
        { key: 'X-Content-Type-Options', value: 'nosniff' },
        { key: 'X-Frame-Options', value: 'DENY' },
        { key: 'Referrer-Policy', value: 'strict-origin-when-cross-origin' },
        { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
        { key: 'Cross-Origin-Resource-Policy', value: 'same-origin' },
        { key: 'Permissions-Policy', value: 'camera=(), geolocation=(), microphone=(), payment=(), usb=()' },
      ],
    },
    // Data, never a page: should one ever be answered here, it may load and run nothing.
    { source: '/api/:path*', headers: [{ key: 'Content-Security-Policy', value: "default-src 'none'; frame-ancestors 'none'" }] },
  ],
};

export default config;
