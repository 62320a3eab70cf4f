using System.Text;
using Understudy.Simulator;

namespace Understudy.Extensions.AI.Tests.Support;

/// <summary>What a provider was sent.</summary>
internal static class Received
{
    /// <summary>The body of the last request, as text.</summary>
    public static string LastBody(this ProviderStats stats) => Encoding.UTF8.GetString(stats.Requests[^1].Body.Span);
}
