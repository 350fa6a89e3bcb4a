import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// For `npm run dev`: the daemon that answers, by its Unix socket.
const socketPath = process.env.TUTTI_SOCKET ?? '/run/tutti/tutti.sock';

export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: process.env.TUTTI_PAGE_OUT ?? 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0, // the policy allows no data: in styles
    modulePreload: { polyfill: false },
    target: 'es2022',
  },
  server: { proxy: Object.fromEntries(['/v1', '/docs'].map((path) => [path, { target: { protocol: 'http:', host: 'localhost', socketPath } }])) },
});
