using System.Net.Sockets;

namespace Understudy.Http;

/// <summary>What came of one send or receive: no exception for a broken connection.</summary>
internal readonly record struct Transferred(int Bytes, SocketError Error)
{
    public bool IsGood => Error == SocketError.Success;
}
