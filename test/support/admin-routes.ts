import { routes } from '../../src/http/routes.ts'

/** Every method and path of the admin API. */
export const adminRoutes = routes
  .filter(({ auth }) => auth === 'admin' || auth === 'login')
  .flatMap(({ methods, path }) => methods.map((method) => ({ method, path })))
