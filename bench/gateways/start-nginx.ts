import { mkdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startProcess } from '../machine/start-process.ts'
import type { Gateway } from './gateway.ts'
import type { GatewayOptions } from './start-gateway.ts'

/** nginx with everything in its favour: one process, no log, connections kept on both sides. */
export async function startNginx({ upstream, core, folder }: GatewayOptions): Promise<Gateway> {
  const port = await findFreePort()
  const prefix = join(folder, 'nginx')
  mkdirSync(prefix, { recursive: true })
  const config = join(prefix, 'nginx.conf')
  writeFileSync(config, toConfig(port, new URL(upstream).host))
  const started = startProcess({
    command: 'nginx',
    args: ['-p', prefix, '-c', config, '-e', 'error.log'],
    core,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  await waitForPort(port)
  return { name: 'nginx', origin: `http://127.0.0.1:${port}`, pid: started.pid, stop: started.stop }
}

function toConfig(port: number, upstream: string): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`)
  return `
daemon off; master_process off; pid nginx.pid;
events { worker_connections 4096; }
http {
  access_log off; tcp_nodelay on; keepalive_requests 100000000; ${paths.join(' ')}
  upstream provider { server ${upstream}; keepalive 1024; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Authorization "Bearer bench-provider-key";
    }
  }
}`
}

/** nginx takes no port 0. */
function findFreePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

async function waitForPort(port: number): Promise<void> {
  for (let attempts = 0; attempts < 100; attempts++) {
    if (await canConnect(port)) return
    await delay(30)
  }
  throw new Error('nginx does not listen')
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const finish = (isOpen: boolean) => () => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.once('connect', finish(true)).once('error', finish(false))
  })
}
