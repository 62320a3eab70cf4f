using Understudy.Caching;

namespace Understudy.Pipeline;

/// <summary>A call's leave to use the cache. An object of its own, so that the calls without one carry a null and not 32 bytes.</summary>
/// <param name="Key">The call's key.</param>
internal sealed record CachePass(CacheKey Key);
