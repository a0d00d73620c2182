import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findFreePort } from '../machine/find-free-port.ts'
import { startProcess } from '../machine/start-process.ts'
import { waitForPort } from '../machine/wait-for-port.ts'
import { providerKey } from './bench-secrets.ts'
import { type Gateway, type GatewayOptions, toGateway } from './gateway.ts'

/** Starts nginx with the most favourable settings: one process, no log, keep-alive on both sides. */
export async function startNginx({ upstream, core, folder }: GatewayOptions): Promise<Gateway> {
  const port = await findFreePort()
  const prefix = mkdtempSync(join(folder, 'nginx-'))
  const config = join(prefix, 'nginx.conf')
  writeFileSync(config, toConfig(port, new URL(upstream).host))
  const started = startProcess({
    command: 'nginx',
    args: ['-p', prefix, '-c', config, '-e', 'error.log'],
    core,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  await waitForPort(port, 'nginx')
  return toGateway('nginx', started, { origin: `http://127.0.0.1:${port}` })
}

/** Keeps bodies in memory; by default nginx writes large ones to files. */
function toConfig(port: number, upstream: string): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`)
  return `
daemon off; master_process off; pid nginx.pid;
events { worker_connections 4096; }
http {
  access_log off; tcp_nodelay on; keepalive_requests 100000000; ${paths.join(' ')}
  client_max_body_size 32m; client_body_buffer_size 1m; proxy_max_temp_file_size 0;
  upstream provider { server ${upstream}; keepalive 1024; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Authorization "Bearer ${providerKey}";
    }
  }
}`
}
