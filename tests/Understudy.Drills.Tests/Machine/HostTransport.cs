using System.Runtime.CompilerServices;
using Understudy.Drills.Traffic;
using Understudy.Transport;

namespace Understudy.Drills.Tests.Machine;

/// <summary>
/// The way to the modelled providers as one process has it: looks at what is sent and when, twists the bytes that come back,
/// and goes silent when the process dies.
/// </summary>
internal sealed class HostTransport(MachineHost host, IProviderTransport providers) : IProviderTransport
{
    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ProviderReply> SendAsync(ProviderRequest request, TimeSpan connectLimit, CancellationToken cancellationToken)
    {
        var call = (request.Call.Headers as CallMark)?.Call;
        host.Sends(request, call);
        var (twist, at) = host.World.TwistOf(request.Provider.Name, call);
        // It outlives the headers: a body is given up by the same token.
        var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, host.Died);
        var reply = await providers.SendAsync(request, connectLimit, ends.Token).ConfigureAwait(false);
        if (host.IsDead) await MachineHost.NeverAsync().ConfigureAwait(false);
        return new HostReply(host, reply, ends, twist, at);
    }
}
