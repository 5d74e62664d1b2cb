import { forward } from '@/server/backend';

export const dynamic = 'force-dynamic';

interface Context {
  params: Promise<{ path: string[] }>;
}

async function answer(request: Request, { params }: Context): Promise<Response> {
  return forward(request, (await params).path);
}

export const GET = answer;
export const POST = answer;
export const PATCH = answer;
export const DELETE = answer;
