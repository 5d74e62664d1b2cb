import { authenticate } from '@/server/authenticate';

export const dynamic = 'force-dynamic';

interface Context {
  params: Promise<{ path: string[] }>;
}

async function answer(request: Request, { params }: Context): Promise<Response> {
  return authenticate(request, (await params).path.join('/'));
}

export const GET = answer;
export const POST = answer;
